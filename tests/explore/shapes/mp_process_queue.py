"""A queue between processes."""
import multiprocessing
def f(q): q.put(5)
if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork")
    q = ctx.Queue()
    p = ctx.Process(target=f, args=(q,)); p.start()
    assert q.get() == 5
    p.join(); assert p.exitcode == 0
