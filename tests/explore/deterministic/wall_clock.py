"""The wall clock, in all its forms."""
import datetime
import time

print(time.time(), time.time_ns())
print(datetime.datetime.now())
print(datetime.datetime.now(datetime.timezone.utc).isoformat())
print(datetime.date.today())
print(time.strftime("%Y-%m-%d %H:%M:%S"), time.ctime())
print(time.localtime().tm_yday, time.gmtime().tm_sec)
