# expect: silent
# outputs: 1
"""Two threads race for the end of one future, while a third waits for it.

Exactly one of them wins, the callback runs once, and the condition keeps others out.
"""
import threading
from concurrent.futures import CancelledError, Future

future = Future()
called = []
future.add_done_callback(called.append)
won = []


def finish():
    if future.set_running_or_notify_cancel():
        with future._condition:
            assert future.running()
        future.set_result("result")
        won.append("finish")


def cancel():
    if future.cancel():
        won.append("cancel")


threads = [threading.Thread(target=target) for target in (finish, cancel)]
for thread in threads:
    thread.start()
try:
    got = future.result()
except CancelledError:
    got = "cancelled"
for thread in threads:
    thread.join()

assert called == [future] and len(won) == 1, (called, won)
assert got == {"finish": "result", "cancel": "cancelled"}[won[0]]
print(len(won))
