# needs: source:wrapt
import wrapt
@wrapt.decorator
def twice(wrapped, instance, args, kwargs): return wrapped(*args, **kwargs) * 2
class A:
    @twice
    def f(self, x: int = 1): "Doc."; return x
    @twice
    @classmethod
    def g(cls): return cls.__name__
print(A().f(3), A.g(), A.f.__name__, A.f.__doc__)
class Proxy(wrapt.ObjectProxy):
    def extra(self): return "extra"
p = Proxy([1, 2]); p.append(3)
print(p, len(p), p.extra(), isinstance(p, list), p == [1, 2, 3])
