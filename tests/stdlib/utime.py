"""os.utime takes a path, or the number of an open file; errors name the file."""

import os
import tempfile

file = tempfile.NamedTemporaryFile()


def times():
    status = os.stat(file.name)
    return status.st_atime_ns, status.st_mtime_ns


def told(*args, **keywords):
    try:
        os.utime(*args, **keywords)
    except Exception as error:
        return type(error).__name__, str(error)


for target in (file.name, os.fsencode(file.name), file.fileno()):
    os.utime(target, (1, 2))
    assert times() == (1_000_000_000, 2_000_000_000), (target, times())
    os.utime(target, (1.5, -2.25))
    assert times() == (1_500_000_000, -2_250_000_000), (target, times())
    os.utime(target, ns=(-1, 2**40))
    assert times() == (-1, 2**40), (target, times())
    os.utime(target)
    assert min(times()) > 10**18
    os.utime(target, None)

link = file.name + ".link"
os.symlink(file.name, link)
try:
    os.utime(link, (7, 8), follow_symlinks=False)
    assert os.lstat(link).st_mtime == 8 and times()[1] > 10**18
    folder = os.open(os.path.dirname(link), os.O_RDONLY)
    os.utime(os.path.basename(link), ns=(5, 6), dir_fd=folder)
    assert times() == (5, 6)
    os.close(folder)
finally:
    os.unlink(link)

for supports in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
    assert os.utime in supports

number = file.fileno()
refused = [
    (told(number, (1, 2), follow_symlinks=False),
     ("ValueError", "utime: cannot use fd and follow_symlinks together")),
    (told(number, (1, 2), dir_fd=number),
     ("ValueError", "utime: can't specify dir_fd without matching path")),
    (told("x", (1, 2), ns=(1, 2)),
     ("ValueError", "utime: you may specify either 'times' or 'ns' but not both")),
    (told("x", [1, 2]),
     ("TypeError", "utime: 'times' must be either a tuple of two ints or None")),
    (told("x", (1,)),
     ("TypeError", "utime: 'times' must be either a tuple of two ints or None")),
    (told("x", ns=(1, 2, 3)), ("TypeError", "utime: 'ns' must be a tuple of two ints")),
    (told("x", (float("nan"), 0)), ("ValueError", "Invalid value NaN (not a number)")),
    (told("x", (1e300, 0)), ("OverflowError", "timestamp out of range for platform time_t")),
    (told("no such file", (1, 2)),
     ("FileNotFoundError", "[Errno 2] No such file or directory: 'no such file'")),
    (told(1000, (1, 2)), ("OSError", "[Errno 9] Bad file descriptor: 1000")),
]
for found, expected in refused:
    assert found == expected, (found, expected)
