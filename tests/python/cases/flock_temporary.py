import fcntl, os
print(fcntl.flock(open(__file__), fcntl.LOCK_SH))
