"""The order in which futures complete."""
from concurrent.futures import ThreadPoolExecutor, as_completed


def work(number):
    return number


with ThreadPoolExecutor(max_workers=3) as pool:
    futures = [pool.submit(work, number) for number in range(5)]
    print([future.result() for future in as_completed(futures)])
