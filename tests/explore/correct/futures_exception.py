# expect: silent
# outputs: 1
"""An exception in a pool's task comes out at `result`, and the other tasks are not touched."""
from concurrent.futures import ThreadPoolExecutor, wait


def invert(number):
    return 1 / number


with ThreadPoolExecutor(max_workers=2) as pool:
    futures = [pool.submit(invert, number) for number in (1, 0, 2)]
    done, pending = wait(futures)

assert not pending and done == set(futures)
assert isinstance(futures[1].exception(), ZeroDivisionError)
print(futures[0].result(), futures[2].result())
