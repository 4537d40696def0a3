"""`raise Class` and `throw(Class)` call the class, with the `__call__` of its metaclass."""
import abc

called = []


class Made(type):
    def __call__(cls, *args, **keywords):
        called.append((cls.__name__, args))
        return super().__call__("made", *args, **keywords)


class Own(Exception, metaclass=Made):
    pass


class OwnError(ValueError, metaclass=Made):
    def __init__(self, *args):
        super().__init__(*args)
        called.append("init")


class Number(type):
    def __call__(cls):
        return 42


class NoException(Exception, metaclass=Number):
    pass


class Other(type):
    def __call__(cls, *args):
        called.append(args)
        return ValueError("other")


class Elsewhere(Exception, metaclass=Other):
    pass


class Refusing(type):
    def __call__(cls):
        raise OSError("in the call")


class Refused(Exception, metaclass=Refusing):
    pass


class Class(type):
    def __call__(cls):
        return KeyError


class Again(Exception, metaclass=Class):
    pass


class Abstract(Exception, metaclass=abc.ABCMeta):
    def __init__(self, *args):
        super().__init__(*args, "init")


def by_raise(cls):
    raise cls


def by_throw(cls):
    def generator():
        yield 1

    started = generator()
    next(started)
    started.throw(cls)


def by_early_throw(cls):
    def generator():
        yield 1

    generator().throw(cls)


def by_coroutine(cls):
    async def coroutine():
        pass

    coroutine().throw(cls)


def inside(cls):
    def generator():
        try:
            yield 1
        except BaseException:
            raise

    started = generator()
    next(started)
    started.throw(cls)


def raised(function, cls):
    try:
        function(cls)
    except BaseException as error:
        assert error.__traceback__ is not None and error.__context__ is None
        return type(error), error.args


for function in (by_raise, by_throw, by_early_throw, by_coroutine, inside):
    assert raised(function, Own) == (Own, ("made",)), function
    assert called == [("Own", ())]
    called.clear()
    assert raised(function, OwnError) == (OwnError, ("made",))
    assert called == [("OwnError", ()), "init"]
    called.clear()
    kind, args = raised(function, NoException)
    assert kind is TypeError and args[0].startswith(
        f"calling {NoException!r} should have returned an instance of BaseException, not "
    ), args
    assert "int" in args[0]
    assert raised(function, Elsewhere) == (ValueError, ("other",))
    # What is no instance of the class is given to another call.
    assert called[0] == () and len(called) == 2 and type(called[1][0]) is ValueError
    called.clear()
    assert raised(function, Refused) == (OSError, ("in the call",))
    assert raised(function, Again)[0] is TypeError
    assert raised(function, Abstract) == (Abstract, ("init",))
    assert raised(function, KeyError) == (KeyError, ())
assert raised(by_raise, NoException)[1][0].endswith("not <class 'int'>")

# The context is what was handled, and the place is the statement's.
try:
    try:
        1 / 0
    except ZeroDivisionError:
        raise Own
except Own as error:
    assert type(error.__context__) is ZeroDivisionError and not error.__suppress_context__
    assert error.__traceback__.tb_frame.f_code is not None and error.__traceback__.tb_next is None
    again = error
try:
    raise again
except Own as error:
    assert error is again
called.clear()

# Calls that raise nothing make the exception as before.
assert Own("x").args == ("made", "x") and Exception.__new__(Own, 1).args == (1,)
assert called == [("Own", ("x",))]


def delegating():
    yield from map(Abstract, [1, 2])


assert [error.args for error in delegating()] == [(1, "init"), (2, "init")]
assert [error.args for error in map(Own, "ab")] == [("made", "a"), ("made", "b")]
assert raised(by_raise, 5)[0] is TypeError and raised(by_raise, int)[0] is TypeError
