"""Compares what generated programs print with what they print on CPython 3.14.

What CPython prints is recorded in `expected.jsonl` for some seeds. With `PYT_TEST_PEER`, a command
of CPython 3.14, the programs of `PYT_TEST_PROGRAMS` seeds from `PYT_TEST_FIRST_PROGRAM` on are run
by both. Lines that may differ are in `known.txt`, with the reason.
"""
import difflib
import json
import os
import re
import shlex
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
# What a generator writes when it is finalized depends on when that is.
FINALIZED = re.compile(r"end g\d+|in GeneratorExit")


def known():
    """Pairs of expressions: a line of CPython's, and one that may stand in its place."""
    pairs = []
    with open(os.path.join(FOLDER, "known.txt"), encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                theirs, ours = line.split("\t")
                pairs.append((re.compile(theirs), re.compile(ours)))
    return pairs


def is_known(theirs, ours, pairs):
    return any(a.search(theirs) and b.search(ours) for a, b in pairs)


def differences(theirs, ours, pairs):
    theirs, ours = ([line for line in text.splitlines() if not FINALIZED.fullmatch(line)]
                    for text in (theirs, ours))
    matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        left, right = theirs[a:b], ours[c:d]
        if len(left) == len(right) and all(map(lambda x, y: is_known(x, y, pairs), left, right)):
            continue
        if is_known("\n".join(left), "\n".join(right), pairs):
            continue
        yield left, right


def outputs(command, programs):
    with open(os.path.join(FOLDER, "run.py"), encoding="utf-8") as file:
        source = file.read()
    done = subprocess.run([*command, "-c", source], input=programs, capture_output=True, text=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("[")]
    return dict(map(json.loads, lines))


def main():
    sys.path.insert(0, FOLDER)
    from generate import program
    peer = os.environ.get("PYT_TEST_PEER")
    if peer:
        first = int(os.environ.get("PYT_TEST_FIRST_PROGRAM", "0"))
        seeds = range(first, first + int(os.environ.get("PYT_TEST_PROGRAMS", "1000")))
    else:
        with open(os.path.join(FOLDER, "expected.jsonl"), encoding="utf-8") as file:
            expected = dict(map(json.loads, file))
        seeds = list(expected)
    sources = {seed: program(seed) for seed in seeds}
    programs = "".join(json.dumps([seed, source]) + "\n" for seed, source in sources.items())
    if peer:
        expected = outputs(shlex.split(peer), programs)
    found = outputs([sys.executable], programs)
    assert len(found) >= len(expected) > 0, (len(found), len(expected))
    pairs = known()
    failed = 0
    for seed, theirs in expected.items():
        different = list(differences(theirs, found[seed], pairs))
        failed += bool(different)
        for left, right in different:
            print(f"seed {seed}:")
            for line in left:
                print(f"  - {line[:200]}")
            for line in right:
                print(f"  + {line[:200]}")
    print(f"{len(expected)} programs, {failed} differ")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main()))
