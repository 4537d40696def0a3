"""`__slots__` beside an attribute `__dict__`; `__annotate__` as a descriptor; unnamed functions."""
import annotationlib
import types


class Proxy:
    __slots__ = ("_local", "__dict__")

    @property
    def __dict__(self):
        return {"x": 1}


assert Proxy().__dict__ == {"x": 1}
proxy = Proxy()
proxy._local = 3
assert proxy._local == 3


class Weak:
    __slots__ = ["__weakref__"]
    __weakref__ = 5


assert Weak().__weakref__ == 5

for slots in (("x",), "x", ["x", "__dict__"]):
    try:
        type("C", (), {"__slots__": slots, "x": 1})
    except ValueError as error:
        assert str(error) == "'x' in __slots__ conflicts with class variable"
    else:
        raise AssertionError(slots)


class Named:
    def __set_name__(self, owner, name):
        self.seen = owner, name


named = Named()
owner = type("C", (), {"__slots__": ["__dict__"], "__dict__": named})
assert named.seen == (owner, "__dict__")


class P(property):
    def __get__(self, instance, owner=None):
        return None if instance is None else 1


class A:
    __annotate__ = P(lambda self: None)


class B:
    x: int


assert annotationlib.get_annotations(A, format=annotationlib.Format.STRING) == {}
assert A.__annotate__ is None
assert B.__annotate__(1) == {"x": int} and B.__annotations__ == {"x": int}
B.__annotate__ = lambda format: {"y": str}
assert B.__annotations__ == {"y": str}
try:
    int.__annotate__
except AttributeError:
    pass
else:
    raise AssertionError("int.__annotate__")

code = (lambda: 5).__code__
for function in (
    types.FunctionType(code, {}, None),
    types.FunctionType(code, {}, name=None),
    types.FunctionType(code, {}),
):
    assert function() == 5 and function.__name__ == "<lambda>", function.__name__
assert types.FunctionType(code, {}, "named").__name__ == "named"
try:
    types.FunctionType(code, {}, 3)
except TypeError:
    pass
else:
    raise AssertionError("a name that is no string")

# Native classes have none, as `functools.wraps` expects.
import functools

for native in (int, type, ValueError):
    assert not hasattr(native, "__annotate__"), native
    assert functools.wraps(native)(lambda: None).__name__ == native.__name__
