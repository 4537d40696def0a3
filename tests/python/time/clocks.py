"""The clocks, and what is known of them."""

import threading
import time


def raises(kind, message, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert message in str(error), (str(error), message)
    else:
        raise AssertionError(f"{call} did not raise {kind}")


names = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
for name in names:
    read = getattr(time, name)
    read_ns = getattr(time, name + "_ns")
    assert type(read()) is float and type(read_ns()) is int
    before = read()
    between = read_ns() / 1e9
    after = read()
    assert before - 1e-6 <= between <= after + 1e-6, (name, before, between, after)
    info = time.get_clock_info(name)
    assert info.monotonic is (name != "time") and info.adjustable is (name == "time")
    assert 0 < info.resolution <= 1
    assert info.implementation.startswith("clock_gettime(CLOCK_")
raises(ValueError, "unknown clock", time.get_clock_info, "x")
raises(TypeError, "get_clock_info() argument 1 must be str, not int", time.get_clock_info, 1)

assert abs(time.clock_gettime(time.CLOCK_MONOTONIC) - time.monotonic()) < 5
assert abs(time.clock_gettime(time.CLOCK_REALTIME) - time.time()) < 5
assert abs(time.clock_gettime_ns(time.CLOCK_REALTIME) - time.time_ns()) < 5e9
assert 0 < time.clock_getres(time.CLOCK_MONOTONIC) <= 1
raises(OSError, "Invalid argument", time.clock_gettime, 9999)
raises(TypeError, "clk_id should be integer, not str", time.clock_gettime, "x")
raises(TypeError, "clk_id should be integer, not float", time.clock_gettime, 1.5)
raises(OSError, "Invalid argument", time.clock_settime, time.CLOCK_MONOTONIC, 1.0)
raises(TypeError, "expect int, got float", time.clock_settime_ns, time.CLOCK_REALTIME, 1.5)
raises(TypeError, "takes exactly one argument (0 given)", time.clock_gettime)
clock = time.pthread_getcpuclockid(threading.get_ident())
assert abs(time.clock_gettime(clock) - time.thread_time()) < 5

# Only work takes processor time.
used = time.process_time()
time.sleep(0.3)
slept = time.process_time() - used
assert slept < 0.25, slept
began = time.thread_time()
while time.thread_time() - began < 0.02:
    pass


def idle():
    used.append(time.thread_time())


used = []
thread = threading.Thread(target=idle)
thread.start()
thread.join()
assert 0 <= used[0] < time.process_time()
