# expect: exception AssertionError
# variable: stock
"""Two methods guard the same number with two different locks.

Source: SCTBench's `CS.wronglock`; JaConTeBe's log4j appenders (`synchronized` on another object).
Failure: a sale and a delivery run side by side, and one of them is lost.
"""
import threading

sales_lock = threading.Lock()
delivery_lock = threading.Lock()
stock = 10


def sell():
    global stock
    with sales_lock:
        stock -= 1


def deliver():
    global stock
    with delivery_lock:
        stock += 5


threads = [threading.Thread(target=sell), threading.Thread(target=deliver)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert stock == 14, f"stock is {stock}"
