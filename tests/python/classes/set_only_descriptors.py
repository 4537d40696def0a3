"""`__set__` of a descriptor without `__get__` is called at each store, however often it runs."""


class Log:
    def __init__(self):
        self.calls = []

    def __set__(self, instance, value):
        self.calls.append(value)
        instance.__dict__["y"] = value


def store(instance, count=20):
    for value in range(count):
        instance.y = value
    return instance.y


class Plain:
    y = Log()


assert store(Plain()) == 19 and Plain.y.calls == list(range(20))


class Derived(Plain):
    pass


class Mixed(type("Other", (), {}), Plain):
    pass


for derived in (Derived, Mixed):
    Plain.y.calls.clear()
    store(derived())
    assert Plain.y.calls == list(range(20)), derived


class Late:
    pass


class LateDerived(Late):
    pass


late = LateDerived()
store(late)
Late.y = Log()
store(late)
assert Late.y.calls == list(range(20))
del Late.y
store(late)

# By a metaclass's own __setattr__, and by type's.
class Meta(type):
    def __setattr__(cls, name, value):
        super().__setattr__(name, value)


class WithMeta(metaclass=Meta):
    pass


store(WithMeta())
WithMeta.y = Log()
store(WithMeta())
assert len(WithMeta.y.calls) == 20
type.__setattr__(Late, "y", Log())
store(late)
assert len(Late.y.calls) == 20


# A descriptor's class that loses its getter, or gets a setter.
class Both(Log):
    def __get__(self, instance, owner=None):
        return self if instance is None else instance.__dict__["y"]


class UsesBoth:
    y = Both()


store(UsesBoth())
del Both.__get__
store(UsesBoth())
assert len(UsesBoth.__dict__["y"].calls) == 40


class Becoming:
    calls = []


class UsesBecoming:
    y = Becoming()


store(UsesBecoming())
Becoming.__set__ = lambda self, instance, value: self.calls.append(value)
UsesBecoming().y = 1
try:
    store(UsesBecoming())
except AttributeError:
    pass
assert len(Becoming.calls) == 21


class Delete:
    def __delete__(self, instance):
        pass


class UsesDelete:
    y = Delete()


for _ in range(20):
    try:
        UsesDelete().y = 1
    except AttributeError:
        continue
    raise AssertionError("a store past a descriptor")


class Own:
    y = Log()

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)


store(Own())
assert len(Own.y.calls) == 20
object.__setattr__(Plain(), "z", 1)
object.__delattr__(late, "y") if "y" not in vars(Late) else None
