"""Values and messages that upstream had otherwise: what CPython 3.14 gives."""

import array
import copy
import enum
import ipaddress
import os
import re
import socket
import sqlite3
import time

# Sizes in a format are those of its fields only, however large the values are.
a, b = 123456789, 987654321
assert "%d * %d = %d" % (a, b, a * b) == "123456789 * 987654321 = 121932631112635269"
assert "*** %s: %d" % ("total", 10**15) == "*** total: 1000000000000000"
assert "card 9999999999999999999 %d" % 5 == "card 9999999999999999999 5"
assert b"%d*%d" % (2**80, 3) == b"1208925819614629174706176*3"
assert "%*d" % (5, 10**20) == "100000000000000000000"
assert str(ipaddress.ip_address(2**100)) == "0:10::"
for text, values in [("%*d", (10**18, 1)), ("%.*f", (10**18, 1.0)), ("%99999999999999d", (1,))]:
    try:
        text % values
    except (MemoryError, ValueError, OverflowError):
        pass
    else:
        raise AssertionError(text)

# Foreign keys are checked where a program asks for it.
db = sqlite3.connect(":memory:")
assert db.execute("pragma foreign_keys").fetchone() == (0,)
db.execute("create table parent(id integer primary key)")
db.execute("create table child(parent references parent(id) on delete cascade)")
db.execute("insert into child values(99)")
db.commit()
db.execute("pragma foreign_keys = on")
try:
    db.execute("insert into child values(98)")
except sqlite3.IntegrityError:
    pass
else:
    raise AssertionError("the key was not checked")

# `strftime` knows the zone of a time.
os.environ["TZ"] = "America/New_York"
time.tzset()
assert time.strftime("%Z %z %%z", time.localtime(1720000000)) == "EDT -0400 %z"
assert time.strftime("%Z %z", time.localtime(1700000000)) == "EST -0500"
assert time.strftime("%z", time.gmtime(1720000000)) == "+0000"
assert time.strftime("%Y", (2026, 1, 1, 0, 0, 0, 0, 1, 0)) == "2026"

# An array takes whole items only.
for code, data in [("i", b"abc"), ("d", b"12345678x"), ("H", bytearray(3))]:
    try:
        array.array(code, data)
    except ValueError as error:
        assert str(error) == "bytes length not a multiple of item size"
    else:
        raise AssertionError(code)
assert array.array("H", b"\1\0\2\0").tolist() == [1, 2]
assert array.array("i").tolist() == []


class Plus(int):
    def __new__(cls, value=0):
        return super().__new__(cls, value + 1)


class Colour(enum.IntEnum):
    RED = 1


# `from_bytes` calls the class.
assert Plus.from_bytes(b"\1") == 2 and type(Plus.from_bytes(b"\1")) is Plus
assert Colour.from_bytes(b"\1") is Colour.RED
assert int.from_bytes(b"\1\2", "little", signed=True) == 513
assert type(bool.from_bytes(b"\1")) is bool
try:
    Colour.from_bytes(b"\5")
except ValueError as error:
    assert str(error) == "5 is not a valid Colour"
else:
    raise AssertionError("a member was made up")

# A negative number of replacements is none.
assert re.sub("a", "b", "aaa", count=-1) == "aaa"
assert re.compile("a").subn("b", "aaa", -1) == ("aaa", 0)
assert re.split("a", "babab", maxsplit=-1) == ["babab"]
assert re.sub("a", "b", "aaa", count=2) == "bba"
assert re.split("a", "babab") == ["b", "b", "b"]
found = re.match("(a)", "a")
assert copy.copy(found) is found and copy.deepcopy([found])[0] is found

# No canonical name was asked for.
assert socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][3] == ""

# Template strings equal themselves only.
x = 1
assert t"{x}" != t"{x}"
template = t"{x}"
assert template == template and len({template, t"{x}"}) == 2
assert template.interpolations[0] != t"{x}".interpolations[0]
print("ok")
