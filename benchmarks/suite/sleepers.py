"""Very many threads that wait: the time to start and to wake them, and the memory that they take.

A script of its own, so that the memory is theirs alone, and so that a machine that does not allow
this many threads loses nothing else.
"""

import threading
import time

from _measure import DEADLINE, Suite, join

suite = Suite(__doc__)


def resident_memory():
    """Of this process, in bytes, as Linux counts it; None elsewhere."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def sleepers(count):
    @suite.values(f"{count:,} sleeping threads")
    def measure(effort):
        crowd = 20 if effort.smoke else count
        before = resident_memory()
        wake = threading.Event()
        there = []

        def sleeper():
            there.append(None)
            wake.wait()

        threads = []
        started = time.perf_counter()

        def check_deadline():
            if time.perf_counter() - started > DEADLINE:
                raise TimeoutError(f"only {len(there):,} of {crowd:,} threads run after {DEADLINE} s")

        try:
            for _ in range(crowd):
                check_deadline()
                thread = threading.Thread(target=sleeper, daemon=True)
                thread.start()
                threads.append(thread)
            while len(there) < crowd:
                check_deadline()
                time.sleep(0.001)
            asleep = time.perf_counter()
            during = resident_memory()
        finally:
            woken = time.perf_counter()
            wake.set()
            join(threads)
        joined = time.perf_counter()
        yield "start", asleep - started, "s"
        yield "wake and join", joined - woken, "s"
        yield "time", asleep - started + joined - woken, "s"
        if during is not None:
            yield "resident memory of the process", during, "bytes"
            yield "resident memory per thread", (during - before) / crowd, "bytes"


sleepers(1_000)
sleepers(10_000)

if __name__ == "__main__":
    suite.main()
