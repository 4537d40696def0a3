import ctypes
libc = ctypes.CDLL("libc.so.6")
CMP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
def run(argtypes):
    a = (ctypes.c_int * 4)(3, 1, 2, 0)
    q = libc.qsort; q.restype = None
    if argtypes: q.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, CMP]
    try: q(a, 4, ctypes.sizeof(ctypes.c_int), CMP(lambda x, y: x[0] - y[0])); print(list(a))
    except Exception as e: print(type(e).__name__, e)
run(False); run(True)
