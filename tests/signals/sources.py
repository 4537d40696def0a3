"""Signals from elsewhere, handlers that wait, signals that come while a handler runs."""
import _thread
import os
import signal
import socket
import sys
import threading
import time

import waits

# There, a wait goes on if a signal does not come to the main thread itself.
ON_CPYTHON = sys.implementation.name == "cpython"

ran = []


def note(number, frame):
    assert threading.current_thread() is threading.main_thread()
    ran.append(number)


def raises_interrupt(name, send, block):
    def later():
        time.sleep(waits.SETTLE)
        send()

    sender = threading.Thread(target=later)
    with waits.deadline(name):
        sender.start()
        try:
            block()
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError(name)
        sender.join()


waits.company()
main = threading.main_thread().ident

# Each of these reaches the main thread in each of these waits.
sources = {"pthread_kill": lambda: signal.pthread_kill(main, signal.SIGINT)}
if not ON_CPYTHON:
    sources["interrupt_main"] = _thread.interrupt_main
    sources["raise_signal"] = lambda: signal.raise_signal(signal.SIGINT)
for name, make in waits.WAITS.items():
    for source, send in sources.items():
        wait = make()
        raises_interrupt(f"{name}, {source}", send, wait.block)
        wait.whole()

# A signal is told to the wakeup file descriptor, too.
signal.signal(signal.SIGUSR1, note)
here, there = socket.socketpair()
here.setblocking(False)
there.setblocking(False)
before = signal.set_wakeup_fd(there.fileno())
assert before == -1, before
for name, make in waits.WAITS.items():
    wait = make()
    ran.clear()
    with waits.deadline(f"{name} with a wakeup descriptor"):
        if wait.wake is None:
            with waits.signalled(signal.SIGUSR1):
                while not ran:
                    wait.block(0.1)
        else:
            with waits.signalled(signal.SIGUSR1, seen=lambda: len(ran), then=wait.wake):
                wait.block()
    assert here.recv(100) == bytes([signal.SIGUSR1]), name
    assert ran == [signal.SIGUSR1], name
assert signal.set_wakeup_fd(before) == there.fileno()

# A worker's wait goes on when the main thread runs handlers, and when the signal is sent to it.
for name, make in waits.WAITS.items():
    wait = make()
    if wait.wake is None:
        continue
    ended = []
    worker = threading.Thread(target=lambda: ended.append(wait.block()), name="worker")
    with waits.deadline(f"{name} of a worker"):
        worker.start()
        time.sleep(waits.SETTLE)
        for _ in range(5):
            ran.clear()
            signal.pthread_kill(worker.ident, signal.SIGUSR1)
            while not ran:
                time.sleep(0.001)
            ran.clear()
            os.kill(os.getpid(), signal.SIGUSR1)
            while not ran:
                time.sleep(0.001)
        assert worker.is_alive() and not ended, (name, ended)
        wait.wake()
        worker.join()
    assert len(ended) == 1, name

# A signal sent to a worker interrupts the wait of the main thread.
idle = threading.Event()
worker = threading.Thread(target=idle.wait)
worker.start()
if not ON_CPYTHON:
    raises_interrupt(
        "pthread_kill of a worker",
        lambda: signal.pthread_kill(worker.ident, signal.SIGINT),
        threading.Event().wait,
    )
idle.set()
worker.join()

# SIGINT twice: the second comes while the program copes with the first.
for name, make in waits.WAITS.items():
    first, second = make(), make()
    with waits.deadline(f"{name}, SIGINT twice"):
        count = 0
        try:
            with waits.signalled(signal.SIGINT):
                first.block()
        except KeyboardInterrupt:
            count += 1
            try:
                with waits.signalled(signal.SIGINT):
                    second.block()
            except KeyboardInterrupt:
                count += 1
        assert count == 2, (name, count)
        first.whole()
        second.whole()

# A handler may wait itself; while it does, the wait that it interrupted is still in line.
for name, make in waits.WAITS.items():
    wait = make()
    if wait.wake is None:
        continue
    within = threading.Event()
    resume = threading.Event()
    lock = threading.Lock()
    lock.acquire()

    def waiting_handler(number, frame):
        within.set()
        assert resume.wait(waits.HANG)
        assert lock.acquire(timeout=waits.HANG)
        time.sleep(0.001)
        ran.append(number)

    def lead():
        within.wait()
        wait.wake()
        time.sleep(0.01)
        resume.set()
        time.sleep(0.01)
        lock.release()

    ran.clear()
    signal.signal(signal.SIGUSR2, waiting_handler)
    leader = threading.Thread(target=lead)
    with waits.deadline(f"{name} while a handler waits"):
        leader.start()
        with waits.signalled(signal.SIGUSR2):
            result = wait.block()
        leader.join()
    assert ran == [signal.SIGUSR2], name
    assert result is not False, name

# SIGINT while a handler waits. CPython interrupts the handler; pyt, whose interpreter runs one
# handler at a time, interrupts the program as soon as the handler is done.
entered = []


def pausing_handler(number, frame):
    entered.append(number)
    threading.Event().wait(0.2)


signal.signal(signal.SIGUSR2, pausing_handler)
with waits.deadline("SIGINT while a handler waits"):
    for block in [threading.Event().wait, lambda: time.sleep(3600)]:
        entered.clear()
        try:
            with waits.signalled(signal.SIGUSR2, signal.SIGINT, seen=lambda: len(entered)):
                block()
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError
