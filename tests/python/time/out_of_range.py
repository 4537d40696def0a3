"""What `localtime` and its like say of seconds that no `time_t` holds, and of those that have no date."""

import errno
import time


def raises(kind, seconds, message):
    for function in time.localtime, time.gmtime, time.ctime:
        try:
            function(seconds)
        except kind as error:
            assert message in str(error), (function, seconds, error)
        else:
            raise AssertionError((function, seconds))


NO_TIME = "timestamp out of range for platform time_t"
for seconds in 2**63, -(2**63) - 1, 2**80, 2.0**63, 1e300, float("inf"), -float("inf"):
    raises(OverflowError, seconds, NO_TIME)
for seconds in 2**60, -(2**60), 2.0**60, 2**63 - 1, -(2**63):
    raises(OSError, seconds, f"[Errno {errno.EOVERFLOW}]")
raises(ValueError, float("nan"), "Invalid value NaN (not a number)")
raises(TypeError, "0", "'str' object cannot be interpreted as an integer")
assert time.gmtime(-1)[:6] == (1969, 12, 31, 23, 59, 59)
assert time.gmtime(1.9)[:6] == (1970, 1, 1, 0, 0, 1)
