"""The sign of a quotient that is zero; in-place operators of sets and abstract sets."""
import math
import operator
from collections.abc import Set


class I(int):
    pass


def sign(number):
    return math.copysign(1, number)


for zero in (0, False, I(0)):
    for other in (-1, -(10**40), I(-2)):
        for quotient in (zero / other, operator.truediv(zero, other), zero.__truediv__(other),
                         other.__rtruediv__(zero)):
            assert quotient == 0 and sign(quotient) == -1, (zero, other)
    for other in (1, 10**40, True):
        assert sign(zero / other) == 1
x = 0
x /= -3
assert sign(x) == -1
assert 7 / -2 == -3.5 and (0).__truediv__("a") is NotImplemented
for wrong in (lambda: 0 / 0, lambda: False / I(0)):
    try:
        wrong()
    except ZeroDivisionError as error:
        assert str(error) == "division by zero"
    else:
        raise AssertionError


class OSet(Set):
    def __init__(self, items=()):
        self.d = dict.fromkeys(items)

    def __contains__(self, x):
        return x in self.d

    def __iter__(self):
        return iter(self.d)

    def __len__(self):
        return len(self.d)


class Sub(set):
    pass


for make in (set, Sub):
    for op, expected in (("or", [1, 2, 3]), ("and", [2]), ("sub", [1]), ("xor", [1, 3])):
        left, right = make({1, 2}), OSet([2, 3])
        result = getattr(operator, "i" + op)(left, right)
        assert type(result) is OSet and sorted(result) == expected, (op, result)
        left = make({1, 2})
        result = getattr(operator, "i" + op)(left, frozenset({2, 3}))
        assert result is left and sorted(result) == expected
        assert getattr(left, f"__i{op}__")([1]) is NotImplemented
        try:
            getattr(operator, "i" + op)(left, [1])
        except TypeError as error:
            assert "unsupported operand type(s) for" in str(error), error
        else:
            raise AssertionError(op)
