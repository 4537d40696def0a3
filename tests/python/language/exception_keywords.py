"""Exceptions refuse keywords that their class does not take."""

import builtins
import zlib

#: These take keywords, or more arguments than are tried here.
OTHERS = (ImportError, NameError, AttributeError, BaseExceptionGroup)


def refused(call, *args):
    try:
        call(*args, detail=1)
    except TypeError as error:
        return str(error)
    raise AssertionError(call)


kinds = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
kinds.append(zlib.error)
for kind in kinds:
    if issubclass(kind, OTHERS):
        continue

    class Plain(kind):
        pass

    class Own(kind):
        def __init__(self, *args, detail):
            super().__init__(*args)
            self.detail = detail

    class PassesOn(kind):
        def __init__(self, *args, **keywords):
            super().__init__(*args, **keywords)

    class Makes(kind):
        def __new__(cls, *args, detail=None):
            return super().__new__(cls, *args)

    args = ("utf-8", b"x", 0, 1, "why") if issubclass(kind, UnicodeDecodeError) else ("utf-8", "x", 0, 1, "why")
    args = args[1:] if issubclass(kind, UnicodeTranslateError) else args if issubclass(kind, UnicodeError) else ("why",)
    assert refused(kind, *args).endswith(f"{kind.__name__}() takes no keyword arguments"), refused(kind, *args)
    for own in (Plain, PassesOn):
        assert refused(own, *args) == f"{own.__name__}() takes no keyword arguments", refused(own, *args)
    if not issubclass(kind, OSError):
        assert refused(Makes, *args) == "Makes() takes no keyword arguments", refused(Makes, *args)
    error = Own(*args, detail=2)
    assert error.detail == 2 and error.args == args, error
    assert kind(*args).args == args

assert refused(ValueError(1).__init__) == "ValueError() takes no keyword arguments"
assert refused(KeyError.__init__, KeyError("x")) == "KeyError() takes no keyword arguments"
assert ImportError("x", name="y").name == NameError("x", name="y").name == AttributeError("x", name="y").name == "y"
assert StopIteration(1).value == 1 and SystemExit(2).code == 2
