import _multiprocessing, os
s = _multiprocessing.SemLock(0, 0, 1, name=f"/pyt-{os.getpid()}", unlink=True)
print(type(s).__name__)
