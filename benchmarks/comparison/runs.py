"""Runs a script of the suite under a deadline, and goes on after a benchmark that crashes or hangs.

Knows the lines that `suite/_measure.py` writes, and nothing of what they mean.
"""

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading

from .interpreters import environment

# The end of a script's output, as its reader reports it.
END = None


def results(command, options, deadline):
    """Runs the script until each of its benchmarks has had its chance; returns its result lines.

    A benchmark that is silent for `deadline` seconds is killed with its process and all that it
    started, one that takes its process down is noted, and the script is run again without those
    that are over.
    """
    found, over = [], []
    while True:
        skip = ["--skip", *over] if over else []
        run = Run([*command, "--json", *options, *skip])
        error = run.follow(deadline)
        found += run.results
        if error is None:
            return found
        found.append({"benchmark": run.current, "error": error})
        if run.current is None:  # no benchmark is to blame
            return found
        over += run.begun


class Run:
    """One process that runs a script."""

    def __init__(self, command):
        self.command = command
        self.results = []
        self.begun = []
        self.current = None
        self.ended = False

    def follow(self, deadline):
        """Collects what the script reports. Returns what went wrong, if anything did."""
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    env=environment(),
                    start_new_session=True,
                )
            except OSError as error:
                return str(error)
            lines = queue.Queue()
            threading.Thread(target=read, args=(process.stdout, lines), daemon=True).start()
            try:
                while (line := lines.get(timeout=deadline)) is not END:
                    self.take(line)
                process.wait(timeout=deadline)
            except (queue.Empty, subprocess.TimeoutExpired):
                return f"hangs: no sign of life for {deadline:g} s"
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if self.ended and process.returncode in (0, 1):
                return None
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip().splitlines()
            return f"{how_it_ended(process.returncode)}{': ' + said[-1] if said else ''}"

    def take(self, line):
        try:
            report = json.loads(line)
        except ValueError:
            return  # something that a benchmark printed
        if not isinstance(report, dict):
            return
        if "begin" in report:
            self.current = report["begin"]
            self.begun.append(self.current)
        elif "end" in report:
            self.ended = True
            self.current = None
        elif "benchmark" in report:
            self.results.append(report)


def read(stream, lines):
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(END)


def how_it_ended(status):
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"exit status {status}"
