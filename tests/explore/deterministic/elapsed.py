"""What a stopwatch shows around sleeps and a computation."""
import time

start = time.perf_counter()
time.sleep(0.003)
print(time.perf_counter() - start)
start = time.monotonic()
total = sum(range(1000))
print(time.monotonic() - start, total)
start = time.time()
time.sleep(0)
print(time.time() - start)
