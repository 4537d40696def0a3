"""While the main thread waits, handlers run at once and the wait goes on (PEP 475)."""
import signal
import time

import waits

ran = []
waits.company()
signal.signal(signal.SIGUSR1, lambda number, frame: ran.append(number))

for name, make in waits.WAITS.items():
    # It goes on until somebody wakes it.
    wait = make()
    if wait.wake is not None:
        ran.clear()
        with waits.deadline(f"{name} after a handler"):
            with waits.signalled(*[signal.SIGUSR1] * 2, seen=lambda: len(ran), then=wait.wake):
                result = wait.block()
        assert ran == [signal.SIGUSR1] * 2, (name, ran)
        assert result is not False, name

    # It goes on for the rest of its timeout: signals without end do not prolong it.
    wait = make()
    if not wait.timed:
        wait.wake()
    else:
        ran.clear()
        started = time.monotonic()
        with waits.deadline(f"{name} with a timeout, amid signals"):
            with waits.signalled(signal.SIGUSR1, every=0.01):
                result = wait.block(0.25)
            assert not result, (name, result)
            assert time.monotonic() - started >= 0.25, name
            assert ran, name
            if name != "Barrier.wait":  # a timeout breaks it
                wait.whole()

# The handler itself may be what wakes the wait.
for name, make in waits.WAITS.items():
    wait = make()
    if wait.wake is None:
        continue
    signal.signal(signal.SIGUSR2, lambda number, frame: wait.wake())
    with waits.deadline(f"{name} woken by a handler"):
        with waits.signalled(signal.SIGUSR2):
            result = wait.block()
    assert result is not False, name


# A handler that raises ends the wait, whatever it raises.
class Alarm(Exception):
    pass


def alarm(number, frame):
    raise Alarm


signal.signal(signal.SIGALRM, alarm)
for name, make in waits.WAITS.items():
    wait = make()
    with waits.deadline(f"{name} ended by a handler"):
        try:
            with waits.signalled(signal.SIGALRM):
                wait.block()
        except Alarm:
            pass
        else:
            raise AssertionError(name)
        wait.whole()
