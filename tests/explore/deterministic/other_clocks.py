"""The clocks that only measure."""
import time

print(time.monotonic(), time.monotonic_ns())
print(time.perf_counter(), time.perf_counter_ns())
print(time.process_time(), time.thread_time())
print(time.clock_gettime(time.CLOCK_MONOTONIC))
print(time.clock_gettime(time.CLOCK_REALTIME))
