"""Assignments to thread-local data go through the class's data descriptors: properties, slots."""

import threading


class State(threading.local):
    __slots__ = ("shared",)
    plain = 1

    def __init__(self):
        self.current = {}

    @property
    def value(self):
        return self.current.get("value")

    @value.setter
    def value(self, new):
        self.current["value"] = new

    @value.deleter
    def value(self):
        del self.current["value"]

    @property
    def fixed(self):
        return 7


class Base:
    count = 0


class Mixed(Base, threading.local):
    pass


def delegate(name):
    return property(lambda self: self.of_thread[name], lambda self, new: self.of_thread.__setitem__(name, new))


state = State()
# Often enough for the site of the store to be specialised.
for number in range(20):
    state.value = number
    assert state.value == number and state.current == {"value": number}
assert "value" not in state.__dict__
state.shared = "all threads"
state.plain = 2
assert state.__dict__ == {"current": {"value": 19}, "plain": 2}
for name in ("fixed", "__class__"):
    try:
        setattr(state, name, 8)
    except (AttributeError, TypeError):
        pass
    else:
        raise AssertionError(name)
try:
    del state.fixed
except AttributeError:
    pass
else:
    raise AssertionError


def in_thread():
    assert state.value is None and state.shared == "all threads" and state.plain == 1
    state.value = "other"
    assert state.current == {"value": "other"}
    state.shared = "changed"


thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
assert state.value == 19 and state.shared == "changed"
del state.value
assert state.value is None

# A descriptor that the class gets later.
mixed = Mixed()
mixed.of_thread = {}
mixed.count = 3
assert mixed.__dict__["count"] == 3
Mixed.count = delegate("count")
mixed.count = 4
assert mixed.of_thread == {"count": 4} and mixed.count == 4 and mixed.__dict__["count"] == 3
