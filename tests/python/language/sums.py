"""`sum` of floats and complex numbers loses no more than one rounding would."""
import fractions

assert sum([0.1] * 10) == 1.0
assert sum([0.1] * 10, 0.2) == 1.2000000000000002
assert sum([1e100, 1.0, -1e100]) == 1.0
assert sum([1e100, 1, -1e100, True]) == 2.0
assert sum([0.1j] * 10) == 1j and sum([0.1] * 10 + [0j]) == 1.0
assert sum([1, 2.5, True]) == 4.5 and type(sum([True, True])) is int
assert sum([float("inf"), 1.0]) == float("inf") and repr(sum([float("inf"), -float("inf")])) == "nan"
assert repr(sum([-0.0, -0.0])) == "0.0" and repr(sum([-0.0], -0.0)) == "-0.0"
assert sum([2**70, 0.5]) == float(2**70) and sum([0.5, 2**70]) == 2.0**70
assert sum([0.5, fractions.Fraction(1, 2)]) == 1.0 and sum([[1], [2]], []) == [1, 2]
assert sum([]) == 0 and sum([], start=5) == 5


class Odd(float):
    def __radd__(self, other):
        return "odd"


assert sum([1.5, Odd(2)]) == "odd"
for start, text in (("", "strings [use ''.join(seq) instead]"), (b"", "bytes [use b''.join(seq) instead]"),
                    (bytearray(), "bytearray [use b''.join(seq) instead]")):
    try:
        sum([], start)
    except TypeError as error:
        assert str(error) == "sum() can't sum " + text
    else:
        raise AssertionError(start)
for call in (lambda: sum(), lambda: sum(5), lambda: sum([1], 2, 3), lambda: sum(["a"])):
    try:
        call()
    except TypeError:
        pass
    else:
        raise AssertionError(call)
