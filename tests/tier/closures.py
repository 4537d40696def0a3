"""Compiled loops over variables that functions share."""

import threading
import types


def counter(n):
    count = 0
    scale = 2

    def add(by, step=1):
        nonlocal count
        count += by * scale
        return count + step

    def fails(at):
        nonlocal count
        count += 1
        return 100 // (at - count)

    def loop(n):
        nonlocal count, scale
        s = 0
        for i in range(n):
            count += 1
            s += add(i) + count
            if i % 100 == 99:
                scale = 3 - scale
        return s

    return add, fails, loop, lambda: (count, scale)


def expected(n, count=0, scale=2):
    s = 0
    for i in range(n):
        count += 1
        count += i * scale
        s += count + 1 + count
        if i % 100 == 99:
            scale = 3 - scale
    return s, (count, scale)


for n in (0, 1, 5, 250, 3000):
    add, fails, loop, state = counter(n)
    assert (loop(n), state()) == expected(n), n


# The function's own variables, which others see.
def own(n):
    count = 0
    total = 0.5

    def look():
        return count, total

    for i in range(n):
        count += 1
        total += count
        if i % 50 == 7:
            seen.append(look())
    return look()


seen = []
assert own(500) == (500, 0.5 + 500 * 501 // 2)
assert seen == [(i + 1, 0.5 + (i + 1) * (i + 2) // 2) for i in range(7, 500, 50)]


# A parameter that is shared; a variable that is unbound, deleted, of other kinds.
def parameter(n, x):
    def look():
        return x

    for i in range(n):
        x += i
    return look()


assert parameter(1000, 0) == 499500 and parameter(1000, 0.5) == 499500.5
assert parameter(10, 2**63 - 3) == 2**63 - 3 + 45
assert parameter(0, "x") == "x"


def unbound(n, late):
    def look():
        return x

    for i in range(n):
        if i == late:
            x = 1
        if i > late:
            x += 1
    return look()


assert unbound(500, 0) == 500 and unbound(500, 250) == 250
try:
    unbound(500, 600)
except NameError as error:
    assert "cannot access free variable 'x'" in str(error), error
else:
    raise AssertionError("no exception")


def deleted(n):
    def look():
        return x

    x = 0
    for i in range(n):
        x += 1
        if i == n - 2:
            del x
            x = 100
    return look()


assert deleted(400) == 101


def kinds(n):
    x = 0

    def look():
        return x

    for i in range(n):
        x = None if i % 3 == 0 else i * 0.5 if i % 3 == 1 else i
    return look()


assert [kinds(n) for n in (298, 299, 300)] == [None, 298 * 0.5, 299]

# What fails inside a call has bound nothing twice.
add, fails, loop, state = counter(0)


def until(fails, at):
    s = 0
    while True:
        s += fails(at)


for at in (3, 50, 700):
    add, fails, loop, state = counter(0)
    try:
        until(fails, at)
    except ZeroDivisionError:
        assert state() == (at, 2), (state(), at)
    else:
        raise AssertionError("no exception")


# Two functions of the same code have cells of their own; one cell may have two names.
def calls(n, f, g):
    s = 0
    for i in range(n):
        s += f(1) - g(2)
    return s


first, second = counter(0), counter(0)
assert calls(500, first[0], second[0]) == sum(2 * i - 4 * i for i in range(1, 501))
assert first[3]() == (1000, 2) and second[3]() == (2000, 2)
assert calls(500, first[0], first[0]) == -4 * 500
assert first[3]() == (1000 + 6 * 500, 2)


def two():
    x, y = 0, 0

    def f(n):
        nonlocal x, y
        for i in range(n):
            x += 1
            y += 2
        return x, y

    return f


f = two()
assert f(300) == (300, 600)
cell = types.CellType(0)
both = types.FunctionType(f.__code__, globals(), "f", (), (cell, cell))
assert both(300) == (900, 900) and cell.cell_contents == 900

# A cell is set from outside between two calls, and read by another function of the loop's.
f.__closure__[0].cell_contents = 0.5
assert f(300) == (300.5, 1200)
f.__closure__[0].cell_contents = "x"
try:
    f(3)
except TypeError:
    assert f.__closure__[1].cell_contents == 1200
else:
    raise AssertionError("no exception")


# A function that is shared itself, and a generator over shared variables.
def helpers(n):
    def square(x):
        return x * x

    def total(n):
        s = 0
        for i in range(n):
            s += square(i)
        return s

    first = total(n)
    square = lambda x: -x
    return first, total(n)


for _ in range(3):
    assert helpers(400) == (sum(i * i for i in range(400)), -399 * 200)


def generates(n):
    count = 0

    def numbers():
        nonlocal count
        for i in range(n):
            count += 1
            if count % 40 == 0:
                yield count

    return list(numbers()), count


assert generates(1000) == (list(range(40, 1001, 40)), 1000)

# Another thread ends a loop by a shared variable.
for _ in range(10):
    is_over = turns = 0

    def start():
        is_over = False
        turns = 0

        def spins():
            nonlocal turns
            while not is_over:
                turns += 1

        def ends():
            nonlocal is_over
            is_over = True

        return spins, ends, lambda: turns

    spins, ends, count = start()
    thread = threading.Thread(target=spins)
    thread.start()
    while count() < 1000:
        pass
    ends()
    thread.join()
print("done")
