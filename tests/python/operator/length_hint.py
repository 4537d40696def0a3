"""`operator.length_hint`: any integer will do as the default, also a negative one."""
import _operator
import operator
import pickle


class Hinting:
    def __init__(self, hint):
        self.hint = hint

    def __length_hint__(self):
        if isinstance(self.hint, type):
            raise self.hint
        return self.hint


class Index:
    def __index__(self):
        return -3


def raised(kind, *arguments, **keywords):
    try:
        operator.length_hint(*arguments, **keywords)
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


hint = operator.length_hint
assert hint([1, 2, 3], -1) == 3 and hint(iter(range(5)), -1) == 5
assert hint(object()) == 0 and hint(object(), 7) == 7 and hint(object(), -1) == -1
assert hint(object(), Index()) == -3 and hint(object(), True) == 1
assert hint(Hinting(4), -1) == 4
assert hint(Hinting(NotImplemented), -1) == hint(Hinting(TypeError), -1) == -1
assert raised(TypeError, [], "1") == "'str' object cannot be interpreted as an integer"
assert raised(TypeError, [], 1.0) == "'float' object cannot be interpreted as an integer"
raised(OverflowError, [], 2**70)
raised(ValueError, Hinting(-1))
raised(TypeError, Hinting("1"))
raised(LookupError, Hinting(LookupError))
raised(TypeError)
raised(TypeError, [], default=1)

# The rest of the module is where it was.
assert _operator.length_hint is operator.length_hint
assert _operator.__name__ == "_operator" and operator.add(1, 2) == 3
assert operator.itemgetter(1)("abc") == "b" and operator.__all__
assert pickle.loads(pickle.dumps(hint)) is hint
getter = pickle.loads(pickle.dumps(operator.attrgetter("real")))
assert getter(5) == 5
