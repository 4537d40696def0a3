"""Chains of native objects that are freed at once, and classes derived from such objects' classes."""

import gc
import itertools
import operator
import types
import weakref

LENGTH = 20_000
called = []


def nothing(*args):
    return 1


# Chains, freed by their last reference and by the collector.
WRAPPERS = [
    staticmethod,
    classmethod,
    property,
    operator.itemgetter,
    lambda inner: frozenset((inner,)),
    lambda inner: types.MethodType(nothing, inner),
    lambda inner: itertools.repeat(inner),
]
for wrap in WRAPPERS:
    for is_cycle in (False, True):
        chain = nothing
        for _ in range(LENGTH):
            chain = wrap(chain)
        cycle = [chain]
        if is_cycle:
            gc.collect()
            cycle.append(cycle)
        del chain, cycle
        gc.collect()


# Derived classes have a finalizer if they say so, and only then.
class Meta(type):
    def __new__(meta, *args, **options):
        return super().__new__(meta, *args, **options)


class Derived(staticmethod, metaclass=Meta):
    pass


class Further(Derived):
    pass


class Finalized(map):
    def __del__(self):
        called.append("Finalized")


class Inheriting(Finalized):
    pass


class Later(map):
    pass


class Mixin:
    def __del__(self):
        called.append("Mixin")


class Mixed(Mixin, frozenset):
    pass


for kind in (Derived, Further):
    kind(kind(nothing))
Finalized(nothing, [])
Inheriting(nothing, [])
assert called == ["Finalized", "Finalized"], called
Later(nothing, [])
Later.__del__ = lambda self: called.append("Later")
Later(nothing, [])
assert called[-1] == "Later"
del Later.__del__
Later(nothing, [])
del Finalized.__del__
Finalized(nothing, [])
Inheriting(nothing, [])
assert len(called) == 3, called
Mixed((1,))
assert called[-1] == "Mixin"
types.new_class("Made", (itertools.chain,))([1])
assert not hasattr(staticmethod, "__del__") and not hasattr(Derived, "__del__")


# Finalizers inside of one another are all called, however many there are.
class Held:
    pass


def waiting(inner, held):
    try:
        yield from inner
    finally:
        called.append("generator")


called.clear()
references = []
chain = iter([1, 2])
for _ in range(150):
    held = Held()
    references.append(weakref.ref(held))
    chain = waiting(chain, held)
del held
next(chain)
del chain
gc.collect()
assert len(called) == 150, len(called)
assert all(reference() is None for reference in references)


class Link:
    def __init__(self, other):
        self.other = other

    def __del__(self):
        called.append("link")
        self.other = None


called.clear()
link = None
for _ in range(150):
    link = Link(link)
del link
assert len(called) == 150, len(called)
