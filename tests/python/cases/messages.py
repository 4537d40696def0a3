import abc
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
def unbound():
    print(x)
    x = 1
for f in (lambda: A(), unbound, lambda: type("B", (), {}, x=1), lambda: print(sep=1), lambda: exec("raise 3"), lambda: __import__("zlib").decompress(b"xxxx")):
    try: f()
    except Exception as e: print(type(e).__name__, e)
