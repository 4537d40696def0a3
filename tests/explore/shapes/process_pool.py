"""A pool of processes behind futures."""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def f(x): return x + 1
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as p:
        assert list(p.map(f, range(3))) == [1, 2, 3]
