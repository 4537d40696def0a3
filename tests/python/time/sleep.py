"""sleep(): how long, in which order, and what it refuses."""

import sys
import threading
import time


def raises(kind, message, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == message, (str(error), message)
    else:
        raise AssertionError(f"{call} did not raise {kind}")


raises(TypeError, "time.sleep() takes exactly one argument (0 given)", time.sleep)
raises(TypeError, "time.sleep() takes exactly one argument (2 given)", time.sleep, 1, 2)
raises(TypeError, "time.sleep() takes no keyword arguments", time.sleep, secs=1)
raises(ValueError, "sleep length must be non-negative", time.sleep, -1)
raises(ValueError, "sleep length must be non-negative", time.sleep, -1e-30)
raises(TypeError, "'str' object cannot be interpreted as an integer or float", time.sleep, "a")
raises(
    TypeError, "'NoneType' object cannot be interpreted as an integer or float", time.sleep, None
)
raises(ValueError, "Invalid value NaN (not a number)", time.sleep, float("nan"))
raises(OverflowError, "timestamp out of range for C PyTime_t", time.sleep, 1e400)
raises(OverflowError, "timestamp out of range for C PyTime_t", time.sleep, 2**70)


class Index:
    def __index__(self):
        return 0


for nothing in (0, 0.0, -0.0, False, Index(), 1e-12):
    assert time.sleep(nothing) is None

for seconds in (0.05, 0.2):
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    assert seconds * 0.99 <= took < seconds + 5, (seconds, took)

# Sleepers wake in the order of their alarms.
def order_of_alarms(unit):
    order = []

    def work(units):
        time.sleep(units * unit)
        order.append(units)

    threads = [threading.Thread(target=work, args=(units,)) for units in (3, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return order


# On a busy machine a thread may start or wake late: then with longer sleeps.
for attempt in range(7):
    order = order_of_alarms(0.05 * 2**attempt)
    if order == [1, 2, 3]:
        break
else:
    raise AssertionError(order)

# sleep(0) lets others run.
flag = []
thread = threading.Thread(target=flag.append, args=(1,))
thread.start()
while not flag:
    time.sleep(0)
thread.join()

# What is slept is told to those who audit.
events = []
watching = True


def hook(event, args):
    if watching and event == "time.sleep":
        events.append(args)


sys.addaudithook(hook)
time.sleep(0.001)
watching = False
assert events == [(0.001,)], events
