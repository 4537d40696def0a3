"""`min` and `max` take one item after another, and call `key` for each before they take the next."""

seen = []


def numbers(count, fails_at=None):
    for number in range(count):
        seen.append(("item", number))
        if number == fails_at:
            raise KeyError(number)
        yield number


def key(number):
    seen.append(("key", number))
    return -number


def refuse(number):
    seen.append(("key", number))
    raise ValueError(number)


def taken():
    found = seen[:]
    seen.clear()
    return found


def raised(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for function, best in ((min, 2), (max, 0)):
    name = function.__name__
    assert function(numbers(3), key=key) == best
    assert taken() == [("item", 0), ("key", 0), ("item", 1), ("key", 1), ("item", 2), ("key", 2)]
    assert raised(lambda: function(numbers(3), key=refuse)) == "ValueError: 0"
    assert taken() == [("item", 0), ("key", 0)]
    assert raised(lambda: function(numbers(3, fails_at=1), key=key)) == "KeyError: 1"
    assert taken() == [("item", 0), ("key", 0), ("item", 1)]
    assert raised(lambda: function(numbers(3, fails_at=1))) == "KeyError: 1"
    assert taken() == [("item", 0), ("item", 1)]
    mixed = (seen.append(item) or item for item in (1, "a", 3))
    assert raised(lambda: function(mixed)).startswith("TypeError: ")
    assert taken() == [1, "a"]
    endless = iter(lambda: 1, 2)
    assert raised(lambda: function(endless, key=refuse)) == "ValueError: 1"
    taken()
    # The rest is as it was.
    assert function(3, 1, 2) == {"min": 1, "max": 3}[name]
    assert function([3, 1, 2], key=None) == function(3, 1, 2)
    assert function("bA", "aB", key=str.lower) == {"min": "aB", "max": "bA"}[name]
    assert function([1, 1.0, True]) is function([1, 1.0, True], key=float)
    assert function([], default=5) == 5 and function([], default=None) is None
    assert function([], key=refuse, default=9) == 9 and taken() == []
    assert raised(lambda: function([])) == f"ValueError: {name}() iterable argument is empty"
    assert raised(function) == f"TypeError: {name} expected at least 1 argument, got 0"
    assert raised(lambda: function(5)) == "TypeError: 'int' object is not iterable"
    assert raised(lambda: function([1], foo=3)) == (
        f"TypeError: {name}() got an unexpected keyword argument 'foo'"
    )
    assert raised(lambda: function([1], foo=3, key=None, default=0)) == (
        f"TypeError: {name}() takes at most 2 keyword arguments (3 given)"
    )
    assert raised(lambda: function(1, 2, default=3)) == (
        f"TypeError: Cannot specify a default for {name}() with multiple positional arguments"
    )
    assert function.__name__ == name and function.__module__ == "builtins"
    assert function.__doc__.startswith(f"{name}(iterable, *[, default=obj, key=func]) -> value")
    assert repr(function) == f"<built-in function {name}>"

# A list that the key changes is iterated over as it is then.
grown = [1]


def growing(item):
    if item < 5:
        grown.append(item + 1)
    return item


assert max(grown, key=growing) == 5 and grown == [1, 2, 3, 4, 5]
