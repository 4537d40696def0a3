"""How long a Python takes from its start to its end, and the memory that it then has.

The Python that runs this script starts itself; `--python COMMAND` names another, so that one and
the same program can start them all. The first line says what starting a process costs at all.
"""

import json
import os
import select
import shlex
import subprocess
import sys
import tempfile
import threading
import time

from _measure import Suite

suite = Suite(__doc__)
python = [sys.executable]

MEMORY = "print(next(line for line in open('/proc/self/status') if line.startswith('VmRSS:')))"


# A process that takes longer hangs.
PATIENCE = 30


def run(command):
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=nowhere, stdout=nowhere) as process:
        try:
            wait(process)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def wait(process):
    """Waits for the end of the process; fails, or has it fail, if it hangs.

    The timeout of `subprocess` polls, with sleeps that double: no process would seem to end but after
    16 or 32 ms.
    """
    if hasattr(os, "pidfd_open"):
        end = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(end, select.POLLIN)
            if not poll.poll(PATIENCE * 1000):
                raise subprocess.TimeoutExpired(process.args, PATIENCE)
        finally:
            os.close(end)
        process.wait()
    else:
        # One that this kills has failed: its exit status says so.
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            process.wait()
        finally:
            watchdog.cancel()


def start(name, *arguments):
    @suite.timed(name)
    def measure(times):
        command = python + list(arguments)
        started = time.perf_counter()
        for _ in range(times):
            run(command)
        return time.perf_counter() - started


@suite.timed("a process that does nothing")
def floor(times):
    started = time.perf_counter()
    for _ in range(times):
        run(["/bin/true"])
    return time.perf_counter() - started


start("python -c pass", "-c", "pass")
start("python -I -S -c pass", "-I", "-S", "-c", "pass")
start("python -c 'import threading'", "-c", "import threading")
imports = "import json, re, queue, concurrent.futures"
start(f"python -c '{imports}'", "-c", imports)
start("python -c with a thread", "-c", "import threading as t; t.Thread(target=print).start()")


@suite.timed("python -m json.tool on a small file")
def json_tool(times):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "small.json")
        with open(file, "w") as small:
            json.dump({"numbers": list(range(100))}, small)
        started = time.perf_counter()
        for _ in range(times):
            run(python + ["-m", "json.tool", file])
        return time.perf_counter() - started


@suite.values("resident memory after start")
def memory(effort):
    if os.path.exists("/proc/self/status"):
        command = python + ["-c", MEMORY]
        line = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
        yield "", int(line.split()[1]) * 1024, "bytes"


if __name__ == "__main__":
    # Taken off here, since no other script has it.
    if "--python" in sys.argv[1:-1]:
        at = sys.argv.index("--python")
        python[:] = shlex.split(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    suite.main()
