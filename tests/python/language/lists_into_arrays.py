"""Elements that become numbers for `array.fromlist` may use the array meanwhile."""
import array


class Using:
    def __init__(self, use):
        self.use = use

    def __float__(self):
        self.use()
        return 1.5

    def __index__(self):
        self.use()
        return 7


numbers = array.array("d", [1, 2])
for use in (lambda: numbers[0], lambda: len(numbers), numbers.tolist):
    numbers.fromlist([Using(use)])
assert numbers.tolist() == [1, 2, 1.5, 1.5, 1.5], numbers

integers = array.array("i", [1])
integers.fromlist([2, Using(lambda: integers[0])])
assert integers.tolist() == [1, 2, 7]
# Nothing is added if one of them is no number.
for wrong in ([3, "x"], [2**40], [None]):
    try:
        integers.fromlist(wrong)
    except (TypeError, OverflowError):
        pass
    else:
        raise AssertionError(wrong)
try:
    integers.fromlist((1, 2))
except TypeError:
    pass
else:
    raise AssertionError("a tuple")
assert integers.tolist() == [1, 2, 7]


class Derived(array.array):
    def extend(self, other):
        raise AssertionError("the method is its own")


letters = Derived("w", "a")
letters.fromlist(["b", "c"])
assert letters.tounicode() == "abc"
