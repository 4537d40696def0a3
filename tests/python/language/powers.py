"""Powers of floats: the roots of negative zero and of negative infinity, and results that are too large."""
import operator

inf, nan = float("inf"), float("nan")
POWERS = {
    (-0.0, 0.5): "0.0", (-0.0, 3): "-0.0", (-0.0, 2.5): "0.0", (-inf, 0.5): "inf", (-inf, 3): "-inf", (-inf, -3): "-0.0",
    (-2.0, inf): "inf", (-2.0, -inf): "0.0", (-1.0, inf): "1.0", (nan, 0): "1.0", (1.0, nan): "1.0", (-nan, 0.5): "nan",
    (2.0, 10): "1024.0", (2, 0.5): "1.4142135623730951", (True, 2.0): "1.0", (-8.0, 2): "64.0", (0.0, 0): "1.0",
}
for (base, exponent), expected in POWERS.items():
    for power in (operator.pow, pow, lambda a, b: a ** b):
        assert repr(power(base, exponent)) == expected, (base, exponent, power(base, exponent))
assert type((-8.0) ** 0.5) is complex and (2.0).__pow__("a") is NotImplemented
assert (0.5).__rpow__(4) == 2.0 and (2.0).__pow__(3) == 8.0
for base, exponent in ((10.0, 400), (-10.0, 401), (2, 1e10)):
    try:
        base ** exponent
    except OverflowError as error:
        assert error.args == (34, "Numerical result out of range"), error.args
    else:
        raise AssertionError(base)
for base in (0.0, -0.0, 0):
    try:
        base ** -1.5
    except ZeroDivisionError as error:
        assert str(error) == "zero to a negative power", error
    else:
        raise AssertionError(base)
try:
    pow(2.0, 2, 3)
except TypeError as error:
    assert str(error) == "pow() 3rd argument not allowed unless all arguments are integers", error
else:
    raise AssertionError
