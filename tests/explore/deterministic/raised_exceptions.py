"""The first of several failing tasks: how much was done when `wait` saw it."""
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait


def work(number):
    if number % 2:
        raise ValueError(number)
    return number


with ThreadPoolExecutor(max_workers=2) as pool:
    futures = [pool.submit(work, number) for number in range(4)]
    done, pending = wait(futures, return_when=FIRST_EXCEPTION)
    print(len(done), len(pending))
    print([repr(future.exception()) for future in futures])
    try:
        list(pool.map(work, range(4)))
    except ValueError as error:
        print("map raised", error)
