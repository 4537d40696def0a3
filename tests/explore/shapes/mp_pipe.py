"""A pipe between processes."""
import multiprocessing
def f(c): c.send(c.recv() + 1); c.close()
if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork")
    a, b = ctx.Pipe()
    p = ctx.Process(target=f, args=(b,)); p.start()
    a.send(1); assert a.recv() == 2
    p.join()
