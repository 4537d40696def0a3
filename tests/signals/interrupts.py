"""SIGINT raises KeyboardInterrupt in every wait of the main thread, and leaves all things whole."""
import signal

import waits

waits.company()
for name, make in waits.WAITS.items():
    for timeout in [(), (3600,)]:
        wait = make()
        if timeout and not wait.timed:
            wait.wake()
            continue
        with waits.deadline(name):
            try:
                with waits.signalled(signal.SIGINT):
                    result = wait.block(*timeout)
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError(f"{name}{timeout} returned {result}")
            wait.whole()
