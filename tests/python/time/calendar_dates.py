"""Dates: taken over from elsewhere, but told the time by the module's own clock."""

import os
import pickle
import time

epoch = time.gmtime(0)
assert tuple(epoch) == (1970, 1, 1, 0, 0, 0, 3, 1, 0)
assert type(epoch) is time.struct_time and epoch.tm_year == 1970
assert pickle.loads(pickle.dumps(epoch)) == epoch
assert time.gmtime(1.9) == time.gmtime(1)
assert time.asctime(epoch) == "Thu Jan  1 00:00:00 1970"
assert time.strftime("%Y-%m-%d", epoch) == "1970-01-01"
assert time.strptime("2020-02-03", "%Y-%m-%d")[:3] == (2020, 2, 3)
assert time.mktime(time.localtime(86400)) == 86400

# Without an argument: now, by the same clock as time().
now = time.time()
assert abs(time.mktime(time.localtime()) - now) < 5
assert abs(time.mktime(time.localtime(None)) - now) < 5
assert abs(time.mktime(time.strptime(time.ctime())) - now) < 5
assert abs(time.mktime(time.strptime(time.asctime())) - now) < 5
assert abs(time.mktime(time.strptime(time.strftime("%c"))) - now) < 5
assert abs(
    time.mktime(time.gmtime()) - time.mktime(time.gmtime(now))
) < 5

old = os.environ.get("TZ")
os.environ["TZ"] = "EST+05EDT,M4.1.0,M10.5.0"
time.tzset()
assert time.timezone == 18000 and time.altzone == 14400 and time.daylight != 0
assert time.tzname == ("EST", "EDT")
assert time.localtime(0).tm_hour == 19
os.environ["TZ"] = "UTC"
time.tzset()
assert time.timezone == 0 and time.daylight == 0 and time.localtime(0).tm_hour == 0
if old is None:
    del os.environ["TZ"]
else:
    os.environ["TZ"] = old
time.tzset()
