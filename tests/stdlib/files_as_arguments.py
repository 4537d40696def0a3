"""Files that only an argument keeps open; files that are refused; SemLock by names."""
import fcntl
import gc
import os
import select
import tempfile
import warnings

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    open(path, "w").close()
    for _ in range(20):
        assert fcntl.flock(open(path), fcntl.LOCK_SH) is None
        assert fcntl.lockf(open(path, "r+"), fcntl.LOCK_EX) is None
        assert fcntl.fcntl(open(path), fcntl.F_GETFD) == fcntl.FD_CLOEXEC
        assert select.select([open(path)], [], [], 0)[0]

    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *others, **more: seen.append(str(message))
        for refused in (lambda: open(folder), lambda: open(folder, "rb", 0),
                        lambda: open(path, opener=lambda name, flags: os.open(folder, os.O_RDONLY))):
            try:
                refused()
            except IsADirectoryError as error:
                assert error.errno == 21
            else:
                raise AssertionError("a folder was opened")
        gc.collect()
    assert not seen, seen
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        open(descriptor)
    except IsADirectoryError:
        pass
    os.fstat(descriptor)
    os.close(descriptor)

import _multiprocessing

name = f"/pyt-test-{os.getpid()}"
lock = _multiprocessing.SemLock(1, 1, maxvalue=1, name=name, unlink=True)
assert (lock.kind, lock.maxvalue) == (1, 1)
lock = _multiprocessing.SemLock(name=name, unlink=True, kind=0, value=1, maxvalue=1)
assert lock.kind == 0
for wrong in (dict(kind=1), dict(kind=1, value=1, maxvalue=1, name=name, unlink=True, more=1)):
    try:
        _multiprocessing.SemLock(**wrong)
    except TypeError:
        pass
    else:
        raise AssertionError(wrong)
