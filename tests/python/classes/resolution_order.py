"""The method resolution order is C3's: with the list of bases merged, too."""
import abc
import itertools


def names(cls):
    return "".join(c.__name__ for c in cls.__mro__ if c is not object)


for metaclass in (type, abc.ABCMeta, type("M", (type,), {})):
    def new(name, *bases, **attributes):
        return metaclass(name, bases, attributes)

    R = new("R")
    A = new("A", R)
    B = new("B")
    C = new("C", A, B, R)
    assert names(C) == "CABR", names(C)
    S = new("S", R)
    J = new("J", A, B, S)
    E = new("E", C, J)
    assert names(E) == "ECJABSR", names(E)
    assert [c.__name__ for c in E.mro()] == [c.__name__ for c in E.__mro__]
    assert type(C) is metaclass and C.__bases__ == (A, B, R)

    for bad in ((R, A), (A, B, A), (new("X", A, B), new("Y", B, A))):
        try:
            new("Z", *bad)
        except TypeError as error:
            assert "MRO" in str(error) or "duplicate" in str(error), error
        else:
            raise AssertionError(bad)

    # What is done while the class is made sees the same class.
    seen = []

    class Watch:
        def __set_name__(self, owner, name):
            seen.append((type(owner), names(owner)))

    class Base(metaclass=metaclass):
        def __init_subclass__(cls, **keywords):
            seen.append((type(cls), names(cls)))

    new("D", new("P", Base), B, Base, watch=Watch())
    assert seen[1:] == [(metaclass, "DPBBase")] * 2, seen

    class D1(R, metaclass=metaclass):
        pass

    class D2(D1):
        pass

    D1.__bases__ = (A, B, R)
    assert names(D1) == "D1ABR" and names(D2) == "D2D1ABR", names(D2)
    assert type(D1) is type(D2) is metaclass
    assert isinstance(D2(), B)


def c3(cls):
    lists = [list(c3(b)) for b in cls.__bases__] + [list(cls.__bases__)]
    order = [cls]
    while lists := [rest for rest in lists if rest]:
        head = next(r[0] for r in lists if not any(r[0] in other[1:] for other in lists))
        order.append(head)
        lists = [rest[1:] if rest[0] is head else rest for rest in lists]
    return order


# Every hierarchy of a few classes.
made = refused = 0
pool = [type("K0", (), {}), type("K1", (), {})]
for depth in range(2):
    for bases in itertools.permutations(list(pool), 3):
        try:
            expected = c3(type("T", (), {"__bases__": bases})) and None
        except Exception:
            pass
        try:
            cls = type("K", bases, {})
        except TypeError:
            refused += 1
            continue
        made += 1
        assert list(cls.__mro__) == c3(cls)
    pool += [type("L", (pool[0], pool[1]), {}), type("N", (pool[1],), {}), type("O", (pool[0],), {})]
assert made > 20 and refused > 20, (made, refused)

# A method of the order's own.
class Reversed(type):
    def mro(cls):
        order = super().mro()
        return [order[0], *reversed(order[1:-1]), object]


class V(metaclass=Reversed):
    pass


class W(V):
    pass


class Q(W, metaclass=Reversed):
    pass


assert names(Q) == "QVW", names(Q)
