"""`signal.pthread_kill` reaches threads that wait for their turn, `sigwait` takes a blocked signal."""

import signal
import threading

received = []
signal.signal(signal.SIGUSR1, lambda number, frame: received.append(number))

# To this thread: the handler has run when the call returns.
signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
assert received == [signal.SIGUSR1], received

# To others, which compute: the handler runs on the main thread.
stop = threading.Event()


def compute():
    while not stop.is_set():
        pass


threads = [threading.Thread(target=compute) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    for thread in threads:
        received.clear()
        signal.pthread_kill(thread.ident, signal.SIGUSR1)
        while not received:
            pass
finally:
    stop.set()
    for thread in threads:
        thread.join()

# A signal that all threads block waits until one of them takes it.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
assert signal.sigpending() == set()
taken = []
waiter = threading.Thread(target=lambda: taken.append(signal.sigwait([signal.SIGUSR2])))
waiter.start()
signal.pthread_kill(waiter.ident, signal.SIGUSR2)
waiter.join()
assert taken == [signal.SIGUSR2] and isinstance(taken[0], signal.Signals), taken
signal.raise_signal(signal.SIGUSR2)
assert signal.sigpending() == {signal.SIGUSR2}
assert signal.sigwait({signal.SIGUSR2}) == signal.SIGUSR2
assert signal.sigpending() == set()


def raises(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return str(error)
    raise AssertionError(args)


raises(OSError, signal.pthread_kill, threading.get_ident(), 1000)
raises(TypeError, signal.pthread_kill, threading.get_ident())
raises(TypeError, signal.pthread_kill, "main", signal.SIGUSR1)
raises(TypeError, signal.sigwait, 5)
for number in 0, -1, 65:
    message = raises(ValueError, signal.sigwait, [number])
    assert message == f"signal number {number} out of range [1; 64]", message
