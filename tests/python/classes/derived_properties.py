"""`__get__` of a class that derives from `property` is called at each access, however often it runs."""


class Cached(property):
    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        try:
            return instance.__dict__[self.name]
        except KeyError:
            value = instance.__dict__[self.name] = self.fget(instance)
            return value

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value

    def __set_name__(self, owner, name):
        self.name = name


class Plain:
    made = 0

    @Cached
    def value(self):
        Plain.made += 1
        return Plain.made

    @property
    def usual(self):
        return "usual"


class Derived(Plain):
    pass


class Mixed(type("Other", (), {}), Plain):
    pass


def read(instance):
    return instance.value


for class_ in (Plain, Derived, Mixed):
    instance = class_()
    first = read(instance)
    for _ in range(30):
        assert read(instance) == first, class_
        assert instance.usual == "usual"
    instance.value = "set"
    for _ in range(30):
        assert read(instance) == "set"
assert Plain.made == 3


class Late:
    pass


class LateDerived(Late):
    pass


class Always(property):
    def __get__(self, instance, owner=None):
        return "always"


class Inherits(Always):
    pass


for kind in (Always, Inherits):
    Late.value = kind(lambda self: "getter")
    for instance in (Late(), LateDerived()):
        for _ in range(30):
            assert read(instance) == "always"


# A method that comes later.
class Changed(property):
    pass


class Has:
    value = Changed(lambda self: "getter")


def read_has(instance):
    return instance.value


for _ in range(30):
    assert read_has(Has()) == "getter"
Changed.__get__ = lambda self, instance, owner=None: "changed"
for _ in range(30):
    assert read_has(Has()) == "changed"


class Guessing:
    value = Always(lambda self: "getter")

    def __getattr__(self, name):
        return name


for _ in range(30):
    assert read(Guessing()) == "always" and Guessing().other == "other"
del Guessing.__getattr__
for _ in range(30):
    assert read(Guessing()) == "always"
try:
    Guessing().other
except AttributeError as error:
    assert str(error) == "'Guessing' object has no attribute 'other'"
