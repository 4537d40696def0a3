"""A generator seeded with the time, as many programs do."""
import random
import time

random.seed(time.time_ns())
print([random.randrange(100) for _ in range(8)])
generator = random.Random(time.perf_counter())
print(generator.random(), random.Random(str(time.time())).random())
