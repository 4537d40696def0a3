"""What operators and calls that go wrong say is said in CPython's words."""

import array
import collections
import os

lines = []


def say(call, *args, **keywords):
    try:
        result = call(*args, **keywords)
    except Exception as error:
        lines.append(f"{type(error).__name__}: {error}")
    else:
        lines.append(repr(result))


def get(items, index):
    return items[index]


def put(items, index, value):
    items[index] = value
    return items


def delete(items, index):
    del items[index]


def add(one, other):
    return one + other


def add_to(one, other):
    one += other
    return one


class Numbers(list):
    pass


class Bytes:
    def __buffer__(self, flags):
        raise TypeError("said by __buffer__")


say(add, [], ())
say(add, Numbers(), "x")
say(add, (), [])
say([].__add__, 1)
say(add, b"", "x")
say(add_to, b"", 1)
say(add, bytearray(), None)
say(add_to, bytearray(), "x")
say(add, b"", Bytes())
say(add, b"a", bytearray(b"b"))
say(add_to, bytearray(b"a"), memoryview(b"b"))
say(delete, "x", 0)
say(delete, (), 0)
say(delete, "x", "y")
say(delete, (), slice(1))
say(delete, range(3), None)
say(delete, vars(int), "x")
say(put, vars(int), "x", 1)
say(put, (), 0, 1)
say(get, range(3), "x")
for index in (2, -3, "x", 0, -2):
    for items in (bytearray(2), array.array("i", [1, 2])):
        say(get, items, index) if index != "x" or isinstance(items, array.array) else None
        if isinstance(index, int):
            say(put, items[:], index, 7)
            say(delete, items[:], index)
say(put, array.array("i", [1]), 5, object())
say(put, array.array("i", [1]), "x", 1)
for typecode, number in [
    ("b", 300), ("b", -129), ("b", 70000), ("B", 256), ("B", -1), ("h", 1 << 15), ("H", -1), ("H", 1 << 16),
    ("i", 1 << 31), ("i", -(1 << 40)), ("I", -1), ("I", 1 << 32), ("l", 1 << 70), ("L", -1), ("L", 1 << 70),
    ("q", 1 << 70), ("Q", -1), ("Q", 1 << 70), ("b", 1 << 70), ("b", 5),
]:  # fmt: skip
    for call in (lambda numbers: put(numbers, 0, number), lambda numbers: numbers.append(number)):
        say(call, array.array(typecode, [1]))
say(array.array("b").insert, 0, 300)
say(lambda: {[]: 1})
say(lambda: {key: 1 for key in [set()]})
say(get, {}, [])
say(get, collections.defaultdict(int), {})
say(put, {}, bytearray(), 1)
say(delete, {}, [])
say(lambda: hash([]))
say(lambda: {[]})
say(len)
say(len, "a", "b")
say(repr)
say(globals, 1, 2)
say(round, 1, 2, 3)
say(pow, 1, 2, 3, 4)
say(os.close, 1 << 70)
say("a".split, "b", 1 << 70)
queue = collections.deque([1, 2])
say(queue.index, 3)
say(queue.index, 2, 0, 1)
say(queue.index, 2)
say(collections.deque, [], -1)
say(collections.deque, [], "x")
say(collections.deque, "abc", 2)


class Compared:
    def __eq__(self, other):
        raise ValueError("said by __eq__")

    __hash__ = None


say(queue.index, Compared())
say(get, {}, Compared())

try:
    {}[[]]
except TypeError as error:
    assert error.args == ("cannot use 'list' as a dict key (unhashable type: 'list')",), error.args
    assert repr(error) == repr(TypeError(*error.args))

expected = """\
TypeError: can only concatenate list (not "tuple") to list
TypeError: can only concatenate list (not "str") to list
TypeError: can only concatenate tuple (not "list") to tuple
TypeError: can only concatenate list (not "int") to list
TypeError: can't concat str to bytes
TypeError: can't concat int to bytes
TypeError: can't concat NoneType to bytearray
TypeError: can't concat str to bytearray
TypeError: can't concat Bytes to bytes
b'ab'
bytearray(b'ab')
TypeError: 'str' object doesn't support item deletion
TypeError: 'tuple' object doesn't support item deletion
TypeError: 'str' object does not support item deletion
TypeError: 'tuple' object does not support item deletion
TypeError: 'range' object does not support item deletion
TypeError: 'mappingproxy' object does not support item deletion
TypeError: 'mappingproxy' object does not support item assignment
TypeError: 'tuple' object does not support item assignment
TypeError: range indices must be integers or slices, not str
IndexError: bytearray index out of range
IndexError: bytearray index out of range
IndexError: bytearray index out of range
IndexError: array index out of range
IndexError: array assignment index out of range
IndexError: array assignment index out of range
IndexError: bytearray index out of range
IndexError: bytearray index out of range
IndexError: bytearray index out of range
IndexError: array index out of range
IndexError: array assignment index out of range
IndexError: array assignment index out of range
TypeError: array indices must be integers
0
bytearray(b'\\x07\\x00')
None
1
array('i', [7, 2])
None
0
bytearray(b'\\x07\\x00')
None
1
array('i', [7, 2])
None
IndexError: array assignment index out of range
TypeError: array indices must be integers
OverflowError: signed char is greater than maximum
OverflowError: signed char is greater than maximum
OverflowError: signed char is less than minimum
OverflowError: signed char is less than minimum
OverflowError: signed short integer is greater than maximum
OverflowError: signed short integer is greater than maximum
OverflowError: unsigned byte integer is greater than maximum
OverflowError: unsigned byte integer is greater than maximum
OverflowError: unsigned byte integer is less than minimum
OverflowError: unsigned byte integer is less than minimum
OverflowError: signed short integer is greater than maximum
OverflowError: signed short integer is greater than maximum
OverflowError: unsigned short is less than minimum
OverflowError: unsigned short is less than minimum
OverflowError: unsigned short is greater than maximum
OverflowError: unsigned short is greater than maximum
OverflowError: signed integer is greater than maximum
OverflowError: signed integer is greater than maximum
OverflowError: signed integer is less than minimum
OverflowError: signed integer is less than minimum
OverflowError: can't convert negative value to unsigned int
OverflowError: can't convert negative value to unsigned int
OverflowError: unsigned int is greater than maximum
OverflowError: unsigned int is greater than maximum
OverflowError: Python int too large to convert to C long
OverflowError: Python int too large to convert to C long
OverflowError: can't convert negative value to unsigned int
OverflowError: can't convert negative value to unsigned int
OverflowError: Python int too large to convert to C unsigned long
OverflowError: Python int too large to convert to C unsigned long
OverflowError: int too big to convert
OverflowError: int too big to convert
OverflowError: can't convert negative int to unsigned
OverflowError: can't convert negative int to unsigned
OverflowError: int too big to convert
OverflowError: int too big to convert
OverflowError: Python int too large to convert to C long
OverflowError: Python int too large to convert to C long
array('b', [5])
None
OverflowError: signed char is greater than maximum
TypeError: cannot use 'list' as a dict key (unhashable type: 'list')
TypeError: cannot use 'set' as a dict key (unhashable type: 'set')
TypeError: cannot use 'list' as a dict key (unhashable type: 'list')
TypeError: cannot use 'dict' as a dict key (unhashable type: 'dict')
TypeError: cannot use 'bytearray' as a dict key (unhashable type: 'bytearray')
TypeError: cannot use 'list' as a dict key (unhashable type: 'list')
TypeError: unhashable type: 'list'
TypeError: cannot use 'list' as a set element (unhashable type: 'list')
TypeError: len() takes exactly one argument (0 given)
TypeError: len() takes exactly one argument (2 given)
TypeError: repr() takes exactly one argument (0 given)
TypeError: globals() takes no arguments (2 given)
TypeError: round() takes at most 2 arguments (3 given)
TypeError: pow() takes at most 3 arguments (4 given)
OverflowError: Python int too large to convert to C int
OverflowError: Python int too large to convert to C ssize_t
ValueError: deque.index(x): x not in deque
ValueError: deque.index(x): x not in deque
1
ValueError: maxlen must be non-negative
TypeError: an integer is required
deque(['b', 'c'], maxlen=2)
ValueError: said by __eq__
TypeError: cannot use 'Compared' as a dict key (unhashable type: 'Compared')
"""
for line, wanted in zip(lines, expected.splitlines(), strict=True):
    assert line == wanted, (line, wanted)
