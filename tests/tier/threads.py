"""Threads in compiled loops are interrupted, stopped, looked at and take turns as others."""

import os
import signal
import sys
import threading
import time


def spin():
    i = 0
    while True:
        i = (i + 1) & 1048575


def spin_for():
    s = 0
    for i in range(10**12):
        s = (s + i) & 65535


def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)


for function in (spin, spin_for):
    threading.Thread(target=interrupt).start()
    try:
        function()
    except KeyboardInterrupt as error:
        trace = error.__traceback__
        while trace.tb_next:
            trace = trace.tb_next
        assert trace.tb_frame.f_code is function.__code__
        assert type(trace.tb_frame.f_locals["i"]) is int
        first = function.__code__.co_firstlineno
        assert first + 2 <= trace.tb_lineno <= first + 3, trace.tb_lineno - first
    else:
        raise AssertionError("not interrupted")

# All make progress.
counts = [0, 0, 0]
is_over = False


def count(number):
    while not is_over:
        s = 0
        for i in range(20000):
            s += i
        assert s == 199990000
        counts[number] += 1


threads = [threading.Thread(target=count, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
time.sleep(1)
is_over = True
for thread in threads:
    thread.join()
assert min(counts) > 0, counts

# Loops whose jump back has a prefix are given back while threads are in them.
LONG = """
def long(n):
    s = 0
    while n:
        s += n & 1
        n -= 1
        if n < 0:
""" + "            n += n * n\n" * 60 + "    return s"


def runs():
    while not is_over:
        for n, half in ((3, 2), (300, 150), (30000, 15000)):
            if function(n) != half:
                wrong.append(n)


wrong = []
is_over = False
function = lambda n: (n + 1) // 2
threads = [threading.Thread(target=runs) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(30):
    names = {}
    exec(LONG, names)
    function = names["long"]
    time.sleep(0.02)
    code = function.__code__.co_code
    assert code == [c for c in compile(LONG, "", "exec").co_consts if hasattr(c, "co_code")][0].co_code
is_over = True
for thread in threads:
    thread.join()
assert wrong == [], wrong

# A thread's variables, while it runs; the end of a program with threads that never end.
for _ in range(3):
    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    time.sleep(0.1)
    frame = sys._current_frames()[thread.ident]
    assert frame.f_code.co_name == "spin", frame
    assert type(frame.f_locals["i"]) is int
print("done")
