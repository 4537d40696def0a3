"""How long a Python takes from its start to its end, and the memory that it then has.

The Python that runs this script starts itself; `--python COMMAND` names another, so that one and
the same program can start them all. The first line says what starting a process costs at all.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

from _measure import Suite

suite = Suite(__doc__)
python = [sys.executable]

MEMORY = "print(next(line for line in open('/proc/self/status') if line.startswith('VmRSS:')))"


def run(command):
    nowhere = subprocess.DEVNULL
    subprocess.run(command, stdin=nowhere, stdout=nowhere, check=True, timeout=30)


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
