"""`StopIteration` that is thrown into what has not begun comes out as it is."""


def generator():
    yield 1
    yield 2


async def coroutine():
    pass


def raised(call, *args):
    try:
        return call(*args)
    except BaseException as error:
        return error


for make in (generator, coroutine, lambda: (item for item in "x")):
    for thrown in (StopIteration(1), StopAsyncIteration(1), ValueError(1), GeneratorExit(1)):
        error = raised(make().throw, thrown)
        assert error is thrown and error.__cause__ is None and error.__context__ is None, error
    assert type(raised(make().throw, StopIteration)) is StopIteration
    # One of the program's own with a cause stays.
    thrown = RuntimeError("own")
    thrown.__cause__ = StopIteration()
    assert raised(make().throw, thrown) is thrown
    used = make()
    assert type(raised(used.throw, StopIteration)) is StopIteration
    again = raised(used.send, None)
    assert isinstance(again, RuntimeError if make is coroutine else StopIteration), again

# Of one that has begun, the code lets it out.
begun = generator()
next(begun)
error = raised(begun.throw, StopIteration(3))
assert type(error) is RuntimeError and type(error.__cause__) is StopIteration, error
assert str(error) == "generator raised StopIteration"
ended = generator()
list(ended)
assert type(raised(ended.throw, StopIteration(4))) is StopIteration
