# expect: silent
# outputs: 1
"""`ThreadPoolExecutor.map` gives results in the order of the arguments."""
from concurrent.futures import ThreadPoolExecutor


def square(number):
    return number * number


with ThreadPoolExecutor(max_workers=2) as pool:
    squares = list(pool.map(square, range(4)))

assert squares == [0, 1, 4, 9]
print(squares)
