"""A pool of processes."""
import multiprocessing
def f(x): return x * x
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as p:
        assert p.map(f, range(5)) == [0, 1, 4, 9, 16]
