import ctypes
import signal
import threading

print(type(ctypes.pythonapi.PyOS_getsig).__name__, hasattr(ctypes.pythonapi, "no_such_function"))
# What is there is what `signal` sees: a handler of the operating system's, by its address.
get, set_ = ctypes.pythonapi.PyOS_getsig, ctypes.pythonapi.PyOS_setsig
get.restype = set_.restype = ctypes.c_void_p
get.argtypes, set_.argtypes = [ctypes.c_int], [ctypes.c_int, ctypes.c_void_p]
print(get(signal.SIGUSR1), get(signal.SIGINT) is not None)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
print(get(signal.SIGUSR1), set_(signal.SIGUSR1, None), get(signal.SIGUSR1))
# An object in the hands of C, and back.
new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
name = b"cases.capsule"
capsule = new(1234, name, None)
get_name = ctypes.pythonapi.PyCapsule_GetName
get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
is_valid = ctypes.pythonapi.PyCapsule_IsValid
is_valid.restype, is_valid.argtypes = ctypes.c_bool, [ctypes.py_object, ctypes.c_char_p]
print(type(capsule).__name__, get_name(capsule), get_pointer(capsule, name))
print(is_valid(capsule, name), is_valid(capsule, b"other"), is_valid(3, name))
set_name = ctypes.pythonapi.PyCapsule_SetName
set_name.argtypes = [ctypes.py_object, ctypes.c_char_p]
other = b"cases.other"
print(set_name(capsule, other), get_name(capsule), get_pointer(capsule, other), is_valid(capsule, name))
get_destructor = ctypes.pythonapi.PyCapsule_GetDestructor
get_destructor.restype, get_destructor.argtypes = ctypes.c_void_p, [ctypes.py_object]
set_destructor = ctypes.pythonapi.PyCapsule_SetDestructor
set_destructor.argtypes = [ctypes.py_object, ctypes.c_void_p]
gone = []
destructor = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda address: gone.append(address))
address = ctypes.cast(destructor, ctypes.c_void_p).value
print(get_destructor(capsule), set_destructor(capsule, address), get_destructor(capsule) == address)
expected = id(capsule)
del capsule
print(gone == [expected])
again = new(5678, name, address)
print(get_destructor(again) == address, get_name(again))
del again
print(len(gone))
raised = []
began = threading.Event()
def wait():
    try:
        began.set()
        while True:
            pass
    except ValueError as error:
        raised.append(type(error).__name__)
thread = threading.Thread(target=wait)
thread.start()
began.wait()
print(ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(ValueError)))
thread.join()
print(raised)
