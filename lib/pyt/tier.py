"""What the fast tier (`-X tier=1`) has compiled in this program, and what it has not."""

from collections import Counter

import _pyt_tier

__all__ = ["stats"]

_FIELDS = (
    "file", "line", "name", "kind", "versions", "operations", "bytes", "entries", "turns", "exits",
    "refused",
)


def stats():
    """What the fast tier has done since the program began, as a new dict:

    on: whether it is on; reason: why it is not, or None.
    loops, functions: how many of each are compiled.
    operations, bytes: the size of what they were compiled to.
    entries, turns: how often compiled code was entered, and how many turns it made in all. Calls
    that a function makes of itself count as turns.
    refused: how many loops and functions are left to the interpreter, by the reason for it.
    exits: how often compiled code was left, by the instruction that the interpreter went on with.
    not_seen: how many functions were not looked at, since the program has too many.
    places: a dict for each loop and function that is compiled or was refused: its file, line, name
    and kind ("loop" or "function"), in how many versions for different types it was compiled
    (versions), and the same figures as above for it alone. Its exits are by line and instruction,
    and refused is the reason or None.

    What has not run often enough to be compiled is not in it. Where the tier is off, the figures
    are those from before, or 0.
    """
    reason, not_seen, places = _pyt_tier.state()
    places = [dict(zip(_FIELDS, fields)) for fields in places]
    places.sort(key=lambda place: (place["file"], place["line"], place["name"]))
    refused, exits = Counter(), Counter()
    for place in places:
        if place["refused"] is not None:
            # What was followed and what was not stands behind the reason.
            refused[place["refused"].partition("; ")[0]] += 1
        for _, instruction, times in place["exits"]:
            exits[instruction] += times
        place["exits"] = {
            (line, instruction): times for line, instruction, times in place["exits"]
        }
    compiled = [place for place in places if place["versions"]]
    kinds = Counter(place["kind"] for place in compiled if place["refused"] is None)
    return {
        "on": reason is None,
        "reason": reason,
        "loops": kinds["loop"],
        "functions": kinds["function"],
        **{
            name: sum(place[name] for place in compiled)
            for name in ("operations", "bytes", "entries", "turns")
        },
        "refused": dict(refused),
        "exits": dict(exits),
        "not_seen": not_seen,
        "places": places,
    }
