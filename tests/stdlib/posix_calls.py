"""Calls of the operating system in `os`; messages into buffers; zones of the system; formats."""
import array
import os
import pathlib
import socket
import sys
import tempfile
import zoneinfo

cpus = os.sched_getaffinity(0)
assert cpus and all(isinstance(cpu, int) for cpu in cpus)
os.sched_setaffinity(0, cpus)
assert os.sched_getaffinity(0) == cpus
try:
    os.sched_setaffinity(0, [-1])
except ValueError:
    pass

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "fifo")
    os.mkfifo(path, 0o600)
    try:
        os.mkfifo(path)
    except FileExistsError as error:
        assert error.errno == 17
    else:
        raise AssertionError("made twice")
    fd = os.open(os.path.join(folder, "file"), os.O_RDWR | os.O_CREAT)
    assert os.writev(fd, [b"abc", bytearray(b"de"), array.array("b", b"f")]) == 6
    first, second = bytearray(4), bytearray(4)
    assert os.preadv(fd, [first, second], 1) == 5
    assert (first, second) == (b"bcde", b"f\0\0\0")
    assert os.pwritev(fd, [b"X", b"Y"], 2) == 2
    os.lseek(fd, 0, 0)
    whole = bytearray(10)
    assert os.readv(fd, (whole,)) == 6 and whole.startswith(b"abXYef")
    os.posix_fallocate(fd, 0, 100)
    assert os.fstat(fd).st_size == 100
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    os.fdatasync(fd)
    os.lockf(fd, os.F_LOCK, 0)
    os.lockf(fd, os.F_ULOCK, 0)
    try:
        os.setxattr(fd, "user.name", b"value")
    except OSError:
        pass  # The file system has none.
    else:
        assert os.getxattr(fd, "user.name") == b"value" and "user.name" in os.listxattr(fd)
        os.removexattr(fd, "user.name")
        assert "user.name" not in os.listxattr(fd)
    try:
        os.getxattr(fd, "user.none")
    except OSError as error:
        assert error.filename == fd
    else:
        raise AssertionError("an attribute that is not there")
    for missing in ("none", b"none", pathlib.Path("none")):
        for call in (
            lambda: os.getxattr(missing, "user.none"),
            lambda: os.setxattr(missing, "user.none", b""),
            lambda: os.removexattr(missing, "user.none"),
            lambda: os.listxattr(missing),
        ):
            try:
                call()
            except FileNotFoundError as error:
                assert error.filename == os.fspath(missing)
            else:
                raise AssertionError("a file that is not there")
    os.close(fd)
    for wrong in (lambda: os.writev(fd, [b"x"]), lambda: os.mkfifo("a\0b")):
        try:
            wrong()
        except (OSError, ValueError):
            pass
        else:
            raise AssertionError("no error")

fd = os.memfd_create("name")
os.write(fd, b"data")
assert os.fstat(fd).st_size == 4
os.close(fd)
fd = os.eventfd(3)
os.eventfd_write(fd, 4)
assert os.eventfd_read(fd) == 7
os.close(fd)
pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
found = os.waitid(os.P_PID, pid, os.WEXITED)
assert (found.si_pid, found.si_status, found.si_code) == (pid, 3, os.CLD_EXITED)
assert os.ctermid() == "/dev/tty"

left, right = socket.socketpair()
left.sendmsg([b"hello ", b"world"])
buffers = [bytearray(4), bytearray(10)]
count, ancillary, flags, address = right.recvmsg_into(buffers)
assert (count, ancillary) == (11, []) and buffers == [b"hell", b"o world\0\0\0"]
socket.send_fds(left, [b"x"], [0])
count, ancillary, flags, address = right.recvmsg_into([bytearray(1)], socket.CMSG_SPACE(4))
assert count == 1 and ancillary[0][:2] == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
os.close(array.array("i", ancillary[0][2])[0])
left.close()
right.close()

if any(os.path.exists(os.path.join(folder, "Europe/Paris")) for folder in zoneinfo.TZPATH):
    assert str(zoneinfo.ZoneInfo("Europe/Paris")) == "Europe/Paris"
assert "/usr/share/zoneinfo" in zoneinfo.TZPATH
zoneinfo.reset_tzpath(["/nowhere"])
assert zoneinfo.TZPATH == ("/nowhere",)
zoneinfo.reset_tzpath()
assert "/usr/share/zoneinfo" in zoneinfo.TZPATH

text = os.fsdecode(b"a\x80")
assert f"{text:>4}|{text:<4}|{text:^4}|{text:x^6.1}" == "  a\udc80|a\udc80  | a\udc80 |xxaxxx"
assert format(text, "\udc81>3") == "\udc81a\udc80" and "{:>3}".format("\udc80") == "  \udc80"
assert "%4s" % text == "  a\udc80"
try:
    format("\udc80", "d")
except ValueError as error:
    assert "Unknown format code 'd'" in str(error)
else:
    raise AssertionError("a string as a number")
