"""Runs programs, which are lines of JSON [seed, source] on standard input, and writes what each
prints, as lines of JSON [seed, output]. What has an address is written without it.
"""
import builtins
import contextlib
import io
import json
import re
import signal
import sys
import warnings

ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
SECONDS = 20


def ends(*_):
    raise SystemExit("does not end")


def run(source):
    """What a program prints, and how it ends."""
    output = io.StringIO()
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = compile(source, "program", "exec")
            exec(code, {"__name__": "program", "__builtins__": builtins})
        except BaseException as error:
            output.write(f"ended: {type(error).__name__}: {error}\n")
    return ADDRESS.sub("ADDRESS", output.getvalue())


def main():
    signal.signal(signal.SIGALRM, ends)
    for line in sys.stdin:
        seed, source = json.loads(line)
        signal.alarm(SECONDS)
        result = run(source)
        signal.alarm(0)
        # Not on standard output, where generators write that are finalized later.
        sys.stderr.write(json.dumps([seed, result]) + "\n")


if __name__ == "__main__":
    main()
