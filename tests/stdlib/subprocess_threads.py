"""`subprocess` from several threads: run with a timeout, communicate, kill, pipes, errors."""
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 60


def python(source, *arguments):
    return [sys.executable, "-c", source, *arguments]


def timeouts_end_the_child(_=None):
    began = time.monotonic()
    try:
        subprocess.run(["sleep", str(PATIENCE)], timeout=0.1, capture_output=True)
    except subprocess.TimeoutExpired as error:
        assert error.timeout == 0.1 and error.cmd == ["sleep", str(PATIENCE)]
    else:
        raise AssertionError("no timeout")
    took = time.monotonic() - began
    assert 0.1 <= took < PATIENCE / 2, took


def what_was_written_before_the_timeout(_=None):
    try:
        subprocess.run(
            ["sh", "-c", f"echo began; exec sleep {PATIENCE}"],
            timeout=1,
            stdout=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired as error:
        assert error.output in (None, b"began\n")
    else:
        raise AssertionError("no timeout")


def wait_and_then_communicate(_=None):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            child.communicate(b"hello " * 10, timeout=0.0001)
        except subprocess.TimeoutExpired:
            # What is left of the input is sent by a later call.
            assert child.communicate(timeout=PATIENCE) == (b"hello " * 10, None)
        assert child.returncode == 0
    with subprocess.Popen(["sleep", str(PATIENCE)]) as child:
        try:
            child.wait(0.02)
        except subprocess.TimeoutExpired:
            pass
        else:
            raise AssertionError("no timeout")
        assert child.poll() is None
        child.kill()
        assert child.wait(PATIENCE) == -signal.SIGKILL


def big_pipes(n):
    """More than a pipe holds, in both directions at once, on stdout and on stderr."""
    size = 300_000 + n
    done = subprocess.run(
        ["sh", "-c", "tee /dev/stderr"],
        input=b"%d" % n * size,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0
    assert done.stdout == done.stderr == b"%d" % n * size


def statuses(n):
    assert subprocess.run(["sh", "-c", f"exit {n}"]).returncode == n
    try:
        subprocess.run(["sh", "-c", f"echo no >&2; exit {n + 1}"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        assert error.returncode == n + 1 and error.stderr == b"no\n"
    else:
        raise AssertionError("no error")
    try:
        subprocess.run(["/nowhere/to/be/found"])
    except FileNotFoundError as error:
        assert error.filename == "/nowhere/to/be/found"
    else:
        raise AssertionError("found")
    try:
        subprocess.run(["true"], cwd="/nowhere/to/be/found")
    except FileNotFoundError as error:
        assert error.filename == "/nowhere/to/be/found"
    else:
        raise AssertionError("found")


def our_own_interpreter(n):
    source = "import sys, threading; t = threading.Thread(target=print, args=(sys.argv[1:],));"
    source += "t.start(); t.join(); sys.exit(int(sys.argv[1]))"
    done = subprocess.run(python(source, str(n), "two"), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (n, f"['{n}', 'two']\n"), done


def one_child_for_many_threads():
    """Several threads wait for the same child, and all see its status."""
    with subprocess.Popen(["sh", "-c", "read line; exit 7"], stdin=subprocess.PIPE) as child:
        with ThreadPoolExecutor(6) as pool:
            waiting = [pool.submit(child.wait, PATIENCE) for _ in range(6)]
            child.stdin.write(b"go\n")
            child.stdin.flush()
            assert [job.result(PATIENCE) for job in waiting] == [7] * 6


def a_conversation():
    """One thread writes, one reads, the main thread waits."""
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        lines = [f"line {n}\n" for n in range(500)]

        def write():
            for line in lines:
                child.stdin.write(line)
            child.stdin.close()

        got = []
        reader = threading.Thread(target=lambda: got.extend(child.stdout))
        writer = threading.Thread(target=write)
        reader.start()
        writer.start()
        writer.join()
        reader.join()
        assert child.wait(PATIENCE) == 0
    assert got == lines


def killed_by_another_thread():
    child = subprocess.Popen(["sleep", str(PATIENCE)], stdout=subprocess.PIPE)
    killer = threading.Timer(0.1, child.terminate)
    killer.start()
    out, err = child.communicate(timeout=PATIENCE)
    assert (out, err, child.returncode) == (b"", None, -signal.SIGTERM)
    killer.join()
    child.send_signal(signal.SIGTERM)  # of an ended child: does nothing


def no_descriptors_leak():
    def count():
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        return
    before = count()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(statuses, range(4)))
        list(pool.map(big_pipes, range(4)))
    assert count() == before


with ThreadPoolExecutor(4) as pool:
    for task in (
        timeouts_end_the_child,
        what_was_written_before_the_timeout,
        wait_and_then_communicate,
        big_pipes,
        statuses,
        our_own_interpreter,
    ):
        assert list(pool.map(task, range(6))) == [None] * 6
timeouts_end_the_child()
one_child_for_many_threads()
a_conversation()
killed_by_another_thread()
no_descriptors_leak()
