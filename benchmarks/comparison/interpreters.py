"""Finds the Pythons to compare, and says how each is started. Knows nothing of what they measure."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

WORKSPACE = Path(__file__).resolve().parents[2]

# Those that `../shared/tools/peers`, where there is one, sets up in a root of their own.
PEERS = WORKSPACE.parent / "shared" / "tools" / "peers"
OF_PEERS = ("python3.14", "pypy3")

PROBE = """\
import json, sys
print(json.dumps([sys.implementation.name, *sys.version_info[:3], sys.executable]))
"""


class NotFound(Exception):
    """The message says what to do."""


@dataclass(frozen=True)
class Interpreter:
    label: str
    # How to start it from here, and under which path it knows itself (in a root of its own that
    # differs).
    command: tuple
    executable: str
    implementation: str
    version: tuple
    # What starts it when startup is timed: a CPython beside it, so that all are started alike, and
    # entering a root is not part of the figure.
    starter: tuple
    is_pyt: bool = False
    gil: bool = True
    flags: tuple = ()

    def without_gil(self):
        return replace(self, label=f"{self.label} gil=0", gil=False, flags=("-X", "gil=0"))

    def run(self, script):
        return [*self.command, *self.flags, script]

    def run_startup(self, script):
        return [*self.starter, script, "--python", shlex.join([self.executable, *self.flags])]


def environment():
    """Of every Python that is measured: ours, but for what would change how a Python behaves."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def pyt(specification=None):
    """A build of pyt: LABEL=PATH, PATH, or the one that cargo built."""
    if specification is None:
        target = Path(os.environ.get("CARGO_TARGET_DIR") or WORKSPACE / "target")
        label, path = "pyt", WORKSPACE / target / "release" / "pyt"
        advice = "build it with `cargo pyt-build`, or name a build with --pyt PATH"
    else:
        label, _, path = specification.rpartition("=")
        label, path = label or "pyt", Path(path)
        advice = "--pyt takes the path of a binary, or LABEL=PATH"
    if not os.access(path, os.X_OK) or path.is_dir():
        raise NotFound(f"there is no pyt at {path}; {advice}")
    path = str(path.resolve())
    return probe((path,), (sys.executable,), label=label, executable=path, is_pyt=True)


def find(name):
    """A Python by its command's name or path."""
    if name in OF_PEERS and peers_are_ready():
        command = (str(PEERS), "run", name)
        return probe(command, (str(PEERS), "run", "python3.14"))
    path = shutil.which(name)
    if path is None:
        advice = "it is not on the PATH"
        if name in OF_PEERS and PEERS.exists():
            advice += f"; `{os.path.relpath(PEERS)}` sets it up (as root)"
        elif name in OF_PEERS:
            advice += "; install it, or name another Python instead"
        raise NotFound(f"no {name}: {advice}")
    return probe((path,), (sys.executable,))


def peers_are_ready():
    # Asking `peers` itself would set them up, which takes minutes.
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(os.environ.get("PEERS_ROOT") or Path(cache) / "pyt-peers")
    return PEERS.exists() and (root / ".ready").exists()


def probe(command, starter, label=None, executable=None, is_pyt=False):
    """Asks a Python what it is. A command that is only a shell's way to another is resolved."""
    try:
        answer = subprocess.run(
            [*command, "-c", PROBE], capture_output=True, text=True, timeout=60, env=environment()
        )
        implementation, *version, itself = json.loads(answer.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise NotFound(f"{shlex.join(command)} does not answer as a Python does: {error}") from None
    if label is None:
        name = {"cpython": "CPython", "pypy": "PyPy"}.get(implementation, implementation)
        label = f"{name} {version[0]}.{version[1]}"
    if len(command) == 1 and executable is None and itself:
        command = (itself,)
    return Interpreter(
        label=label,
        command=command,
        executable=executable or itself,
        implementation=implementation,
        version=tuple(version),
        starter=starter,
        is_pyt=is_pyt,
    )
