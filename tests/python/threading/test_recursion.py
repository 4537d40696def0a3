"""A thread's stack is deep enough for the recursion limit, which ends recursion, and nothing else."""
import sys
import threading


def depth():
    reached = 0

    def deeper():
        nonlocal reached
        reached += 1
        deeper()

    try:
        deeper()
    except RecursionError as error:
        assert str(error).rstrip() == "maximum recursion depth exceeded", error
    return reached


def nest(n):
    return sorted([n], key=lambda n: nest(n + 1))


def through_native_code():
    try:
        nest(0)
    except RecursionError as error:
        assert str(error).rstrip() == "maximum recursion depth exceeded", error
    else:
        raise AssertionError("no end")


results = []


def work():
    through_native_code()
    results.append(depth())


limit = sys.getrecursionlimit()
assert threading.stack_size() == 0
for limit in [limit, 2000]:
    sys.setrecursionlimit(limit)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert limit - 20 < results.pop() <= limit, limit
