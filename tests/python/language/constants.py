"""Quotients of constants, and formats of bytes that use no argument."""
x, y = 4.0, 2.0
assert 4.0 // 2.0 == x // y == 2.0 and 4.0//2 == 2.0 and 4//2.0 == 2.0
assert 9e15 // 1.0 == 9e15 and 1e300 // 2**31 == float("1e300") // 2.0**31 > 1e290
assert -4.0 // 2.0 == -2.0 and 4.0 // -2.0 == -2.0 and (1.0 + 2) // 1.5 == 2.0
assert 8.0 // 2 // 2 == 2.0 and 1e9 // (4.0 // 2) == 5e8 and 7.0 // 2.0 == 3.0
assert str(0.0 // 5.0) == "0.0" and str(-0.0 // 5.0) == "-0.0"
assert eval("6.0 // 3") == 2.0 and (lambda a=6.0 // 3.0: a)() == 2.0
assert [4.0 // 2.0 for _ in range(2)] == [2.0, 2.0] and f"{4.0 // 2.0}" == "2.0"
namespace = {}
exec(compile("x = 6.0 // 2.0  # 4.0 // 2.0", "x", "exec"), namespace)
assert namespace["x"] == 3.0
text = "a: 4.0 // 2.0"
assert text == "a: 4.0 // " + "2.0"

for form in (b"abc", bytearray(b"abc")):
    for argument in ("x", b"x", bytearray(b"x"), "", 5, (1,)):
        try:
            form % argument
        except TypeError as error:
            assert str(error) == "not all arguments converted during bytes formatting", error
        else:
            raise AssertionError((form, argument))
    assert form % {} == form % () == b"abc" and type(form % ()) is type(form)
assert b"%s" % b"x" == b"x" and b"%a" % "x" == b"'x'" and b"%(k)s" % {b"k": b"v"} == b"v"
try:
    b"%s" % "x"
except TypeError as error:
    assert "%b requires a bytes-like object" in str(error)
else:
    raise AssertionError("text in bytes")
assert b"abc".__mod__(()) == b"abc"
