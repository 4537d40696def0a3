"""Classes that derive from `OSError` and have an `__init__` of their own get its arguments, as those of requests."""

import errno
import os
import socket
import ssl


class RequestError(OSError):
    def __init__(self, *args, **keywords):
        self.request = keywords.pop("request", None)
        super().__init__(*args, **keywords)


class ConnectionLost(RequestError):
    pass


class WithCode(ConnectionLost):
    def __init__(self, code, *, text="none"):
        super().__init__(code, text, request=self)


class Both(RequestError, ValueError):
    def __init__(self, *args, **keywords):
        ValueError.__init__(self, *args)
        RequestError.__init__(self, *args, **keywords)


class Quiet(OSError):
    def __init__(self, *args):
        pass


for kind in (RequestError, ConnectionLost, Both):
    error = kind("refused", request="GET")
    assert error.args == ("refused",) and error.request == "GET", error
    assert error.errno is None and str(error) == "refused"
    error = kind(2, "missing", "name", request="GET")
    assert type(error) is kind and error.args == (2, "missing"), error
    assert (error.errno, error.strerror, error.filename) == (2, "missing", "name")
    try:
        raise kind(3, "again", request=kind)
    except OSError as raised:
        assert raised.request is kind and raised.errno == 3
    try:
        kind("refused", other=1)
    except TypeError as refused:
        assert str(refused) == f"{kind.__name__}() takes no keyword arguments", refused
    else:
        raise AssertionError("a keyword that nothing takes")

error = WithCode(5, text="five")
assert (error.errno, error.strerror, error.args) == (5, "five", (5, "five")) and error.request is error
assert Quiet(1, "x").args == () and Quiet(1, "x").errno is None
assert type(OSError(2, "missing")) is FileNotFoundError

for native in (
    BlockingIOError,
    BrokenPipeError,
    ChildProcessError,
    ConnectionAbortedError,
    ConnectionError,
    ConnectionRefusedError,
    ConnectionResetError,
    FileExistsError,
    FileNotFoundError,
    InterruptedError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    ProcessLookupError,
    TimeoutError,
    socket.gaierror,
    socket.herror,
    ssl.SSLCertVerificationError,
    ssl.SSLEOFError,
    ssl.SSLError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLZeroReturnError,
):

    class Own(native):
        def __init__(self, *args, host):
            self.host = host
            super().__init__(*args)

    class Plain(native):
        pass

    error = Own(2, "missing", "name", host="here")
    assert type(error) is Own and error.host == "here" and error.args == (2, "missing"), error
    assert (error.errno, error.strerror) == (2, "missing") and "missing" in str(error), error
    for kind in (native, Plain):
        error = kind(7, "text")
        assert type(error) is kind and (error.errno, error.args) == (7, (7, "text")), error
        assert kind().args == () and kind("one").errno is None
        try:
            kind(1, other=1)
        except TypeError as refused:
            assert "takes no keyword arguments" in str(refused), refused
        else:
            raise AssertionError(kind)
    try:
        raise native
    except OSError as raised:
        assert type(raised) is native and raised.args == ()

# What the interpreter raises has the number and the text for arguments.
for call, args in [
    (lambda: os.close(1 << 20), (errno.EBADF, "Bad file descriptor")),
    (lambda: os.kill(1 << 30, 0), (errno.ESRCH, "No such process")),
    (lambda: os.listdir("/no/such/folder"), (errno.ENOENT, "No such file or directory")),
    (lambda: socket.socket(fileno=1 << 20).detach(), (errno.EBADF, "Bad file descriptor")),
]:
    try:
        call()
    except OSError as raised:
        assert raised.args == args, raised.args
        number, text = raised.args
        path = f": {raised.filename!r}" if raised.filename else ""
        assert str(raised) == f"[Errno {number}] {text}{path}", raised
        assert repr(raised) == f"{type(raised).__name__}{args!r}", repr(raised)
    else:
        raise AssertionError(args)
assert OSError(1).args == (1,) and OSError(1, "a", "name").args == (1, "a")
