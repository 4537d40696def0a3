"""Functions of the program's that C calls: as arguments, in fields of structures, with pointers and functions."""
import ctypes
import gc

library = ctypes.CDLL(None)
Function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
Comparison = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


class Record(ctypes.Structure):
    _fields_ = [("number", ctypes.c_int), ("call", Function)]


double = Function(lambda x: 2 * x)
record = Record(3, double)
assert (record.number, record.call(21), double(4)) == (3, 42, 8)
record.call = Function(lambda x: x + 1)
gc.collect()
# The structure keeps the function.
assert record.call(21) == 22 and isinstance(record.call, Function)
assert ctypes.cast(double, ctypes.c_void_p).value and bool(double)

numbers = (ctypes.c_int * 5)(3, 1, 2, 0, -4)
sort = library.qsort
sort.restype = None
comparison = Comparison(lambda a, b: b[0] - a.contents.value)
sort(numbers, 5, ctypes.sizeof(ctypes.c_int), comparison)
assert list(numbers) == [3, 2, 1, 0, -4]
sort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, Comparison]
assert sort.argtypes[3] is Comparison
sort(numbers, 5, ctypes.sizeof(ctypes.c_int), Comparison(lambda a, b: a[0] - b[0]))
assert list(numbers) == [-4, 0, 1, 2, 3]
try:
    sort(numbers, 5, 4, double)
except ctypes.ArgumentError:
    pass
except TypeError:
    assert __import__("sys").implementation.name != "cpython"
else:
    raise AssertionError("a function of another class")

Takes = ctypes.CFUNCTYPE(ctypes.c_int, Function, ctypes.POINTER(ctypes.c_int), ctypes.c_char_p)
takes = Takes(lambda function, pointer, text: function(10) + pointer[0] + len(text))
assert takes(double, ctypes.byref(ctypes.c_int(5)), b"abc") == 28
assert takes.argtypes == (Function, ctypes.POINTER(ctypes.c_int), ctypes.c_char_p)
null = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int))(lambda pointer: not pointer)
assert null(None) == 1 and null(ctypes.pointer(ctypes.c_int(1))) == 0
