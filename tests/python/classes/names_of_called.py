"""A call with `**keywords` runs no methods of the object that is called but `__call__`."""

import functools
import operator
import sys
import threading

asked = []


class Named:
    def __init__(self, name="x"):
        self.name = name

    def __repr__(self):
        asked.append(("repr", self.name))
        return f"Named({self.name})"

    def __call__(self, *args, **keywords):
        return args, keywords


class Derived(Named):
    pass


class Mapped:
    """A mapping that calls something itself when it is read."""

    def __init__(self, **values):
        self.values = values

    def keys(self):
        Named("inner")(**{"k": 1})
        return self.values.keys()

    def __getitem__(self, key):
        return self.values[key]


def nothing(*args, **keywords):
    return args, keywords


values = {"a": 1}
for callable_ in (
    Named(),
    Derived(),
    functools.partial(nothing, Named("argument"), Named("another")),
    functools.lru_cache(Named("cached")),
    staticmethod(Named("static")),
):
    for _ in range(5):
        callable_(**values)
        callable_(1, *[2], **values)
        callable_(b=1, **values)
        callable_(**values, b=1)
        callable_(**values, **{"b": 2}, **{})
        callable_(**Mapped(c=3))
        callable_(**values, **Mapped(c=3))
assert Named()(1, *[2], **values, **Mapped(c=3)) == ((1, 2), {"a": 1, "c": 3})
assert asked == [], asked


# What is called asks for the text: that is the program's.
class Prints:
    def __call__(self, **keywords):
        return f"{self!r} {keywords}"

    def __repr__(self):
        asked.append("own")
        return "Prints"


assert Prints()(**values) == "Prints {'a': 1}" and asked == ["own"]
asked.clear()
collected = []


class Stream:
    def write(self, text):
        collected.append(text)


print(Named("printed"), **{"file": Stream(), "end": "!"})
assert collected == ["Named(printed)", "!"] and asked == [("repr", "printed")]
asked.clear()
assert "{x!r}".format(**{"x": Named("formatted")}) == "Named(formatted)"
assert functools.partial(repr, Named("partial"))(**{}) == "Named(partial)"
assert asked == [("repr", "formatted"), ("repr", "partial")], asked
asked.clear()


# Keywords that cannot be merged, and then the same call of another.
def fails(callable_, keywords):
    try:
        callable_(**{"a": 0}, **keywords)
    except TypeError as error:
        return str(error)


for name in range(200):
    assert "multiple values for keyword argument 'a'" in fails(Named(name), values)
    assert "argument after ** must be a mapping, not int" in fails(Named(name), 3)
    # The name is in the message.
    asked.clear()
    assert fails(Named(name), {"b": 1}) is None
    assert asked == []
assert fails(nothing, values) == "__main__.nothing() got multiple values for keyword argument 'a'"


# Attributes.
class Guessing:
    def __getattr__(self, name):
        asked.append(name)
        raise AttributeError(name)

    def __call__(self, **keywords):
        return keywords


class Watching(Guessing):
    def __getattribute__(self, name):
        asked.append(name)
        return object.__getattribute__(self, name)


for callable_ in (Guessing(), Watching()):
    for _ in range(5):
        assert callable_(**values) == values
    assert asked == [], asked
    assert not hasattr(callable_, "__qualname__")
    assert asked and set(asked) == {"__qualname__"}
    asked.clear()
    # The function that is called is the one that asks.
    assert getattr(*(callable_, "__qualname__", 5), **{}) == 5
    assert asked and set(asked) == {"__qualname__"}
    asked.clear()


class Answering(Guessing):
    def __getattr__(self, name):
        return f"the {name}"


assert getattr(*[Answering(), "__qualname__"], **{}) == "the __qualname__"
assert Answering()(**values) == values


# Methods that come later.
class Late:
    def __call__(self, **keywords):
        return keywords


class Later(Late):
    pass


def stored(self):
    asked.append("stored")
    return "stored"


for _ in range(2):
    Late.__repr__ = stored
    for class_ in (Late, Later):
        assert class_()(**values) == values and asked == []
        assert repr(class_()) == "stored" and asked.pop() == "stored"
    del Late.__repr__
    assert "object at" in repr(Later())
Later.__repr__ = stored
assert Later()(**values) == values and asked == []
Late.__getattr__ = lambda self, name: asked.append(name)
assert Later()(**values) == values and asked == []
assert Later().missing is None and asked == ["missing"]
asked.clear()


# Under a debugger's events, and in threads.
def called(callable_, count):
    for _ in range(count):
        callable_(**values, **Mapped(d=1))


sys.settrace(lambda frame, event, argument: sys._getframe().f_trace)
try:
    called(Named("traced"), 3)
finally:
    sys.settrace(None)
sys.monitoring.use_tool_id(2, "test")
for event in (
    sys.monitoring.events.LINE | sys.monitoring.events.CALL,
    sys.monitoring.events.INSTRUCTION,
):
    sys.monitoring.set_events(2, event)
    called(Named("monitored"), 3)
sys.monitoring.set_events(2, 0)
sys.monitoring.free_tool_id(2)
threads = [threading.Thread(target=called, args=(Named(n), 50)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert asked == [], asked
assert operator.methodcaller("__call__", **{"x": 1})(Named()) == ((), {"x": 1})
