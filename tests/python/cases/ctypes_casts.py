import ctypes

Function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
add = Function(lambda x: x + 1)
address = ctypes.cast(add, ctypes.c_void_p).value
print(Function(address)(3), ctypes.cast(add, Function)(4), ctypes.cast(address, Function)(5))
library = ctypes.CDLL(None)
print(Function(ctypes.cast(library.abs, ctypes.c_void_p).value)(-4))
print(ctypes.cast(ctypes.cast(library.abs, ctypes.c_void_p), Function)(-5))
print(bool(ctypes.cast(None, Function)), ctypes.cast(None, ctypes.c_void_p).value)
# Other casts are as before.
numbers = (ctypes.c_int * 3)(7, 8, 9)
print(ctypes.cast(numbers, ctypes.POINTER(ctypes.c_int))[1])
for wrong in (int, ctypes.c_int):
    try:
        ctypes.cast(add, wrong)
    except TypeError as error:
        print(type(error).__name__)
