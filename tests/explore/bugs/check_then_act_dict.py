# expect: exception KeyError
# variable: sessions['ann']
"""Check-then-act on a dict: `if key in d: del d[key]`, with another thread between the two.

Source: Goetz et al., "Java Concurrency in Practice", 2.2; JaConTeBe's map races in commons-dbcp.
Failure: both threads find the session, the second `del` raises KeyError in its thread.
"""
import threading

sessions = {"ann": 1, "bob": 2}


def log_out(user):
    if user in sessions:
        del sessions[user]


threads = [threading.Thread(target=log_out, args=("ann",)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sessions == {"bob": 2}
