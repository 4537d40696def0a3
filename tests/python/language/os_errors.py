"""Classes that derive from `OSError` and have an `__init__` of their own get its arguments, as those of requests."""


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
