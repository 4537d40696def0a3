"""Formats of numbers, text and times, of `struct`, and JSON and pickled data with changes.

A third argument names one of these four; without it all are tried.
"""
import datetime
import io
import json
import pickle
import pickletools
import random
import string
import struct
import sys

VALUES = [0, 1, -1, 10**30, -2**63, 1.5, -0.0, float("inf"), float("nan"), 1e300, 1j, "", "a\u00e9",
          "\udc80", b"", b"ab\xff", None, True, (), (1, 2), [1], {"a": 1}, {1}, Ellipsis]


def width(r):
    return r.choice(["", "0", "5", "30", "1000", "9999", "*", "-7"])


def format_spec(r):
    return (r.choice(["", "<", ">", "^", "=", "\u00e9>", "{<"]) + r.choice(["", "+", "-", " ", "z", "#"])
            + width(r) + r.choice(["", ",", "_", ".", ".3", ".5000", ".20,", ",."])
            + r.choice(list("bcdeEfFgGnosxX%r") + ["", "dd", "\0"]))


def number_format(r, value):
    for attempt in (
        lambda: format(value, format_spec(r)),
        lambda: ("%" + r.choice("#0- +") + width(r) + r.choice(["", ".", ".3", ".*"])
                 + r.choice("hlL ") + r.choice("diouxXeEfFgGcrsab%q")) % r.choice([value, (value,), (5, value)]),
        lambda: ("{0" + r.choice(["", "!r", "!s", "!a", "!x", ".real", "[0]", "[a]"]) + ":" + format_spec(r)
                 + "}{").format(value),
        lambda: string.Template(r.choice(["$a", "${a}", "$", "$$", "${"])).substitute(a=value),
        lambda: datetime.datetime(2026, 1, 1).strftime("%" + r.choice("aAbBcdHIjmMpSUwWxXyYzZGuVfQ%\0-5")),
        lambda: datetime.datetime.strptime("2026-01-01", "%" + r.choice("YmdHjz") + r.choice(["", "-%m"])),
        lambda: round(value, r.choice([0, -5, 400, -400, 10**10])),
        lambda: value.to_bytes(r.choice([0, 1, 8, 100]), r.choice(["little", "big", "x"]), signed=r.random() < 0.5),
        lambda: repr(value) * r.choice([0, 3, -1]),
    ):
        yield attempt


def struct_case(r, value):
    spec = r.choice(["", "<", ">", "=", "!", "@"]) + "".join(
        r.choice(["", "0", "3", "17", "9999"]) + r.choice("xcbB?hHiIlLqQnNefdspPFD z")
        for _ in range(r.randrange(5)))
    data = r.randbytes(r.randrange(40))
    yield lambda: struct.calcsize(spec)
    yield lambda: struct.pack(spec, *[r.choice(VALUES) for _ in range(r.randrange(6))])
    yield lambda: struct.unpack(spec, data)
    yield lambda: list(struct.iter_unpack(spec, data))
    yield lambda: struct.unpack_from(spec, data, r.choice([0, -1, 5, 2**62, -2**62]))
    yield lambda: struct.pack_into(spec, bytearray(data), r.choice([0, -1, 5, 2**62, -2**62]), value)


def nested(r, depth):
    if depth == 0 or r.random() < 0.3:
        return r.choice(VALUES)
    return r.choice([
        lambda: [nested(r, depth - 1) for _ in range(r.randrange(4))],
        lambda: {r.choice(["a", "b", 1, None]): nested(r, depth - 1) for _ in range(r.randrange(3))},
        lambda: (nested(r, depth - 1), nested(r, depth - 1)),
    ])()


def changed(r, data):
    data = bytearray(data)
    for _ in range(r.randrange(6)):
        place = r.randrange(len(data) + 1)
        action = r.randrange(4)
        if action == 0:
            data[place:place] = r.randbytes(r.randrange(5))
        elif action == 1:
            del data[place:place + r.randrange(4)]
        elif data and place < len(data):
            data[place] = r.choice([0, 255, 128, r.randrange(256), *b"(.]}{[\"\\u0eE-"])
    return bytes(data)


def names_far_entry(data):
    """Whether pickled data names an entry of the memo that has no neighbours."""
    try:
        return any(opcode.name in ("LONG_BINPUT", "PUT") and argument > 10**6
                   for opcode, argument, _ in pickletools.genops(data))
    except Exception:
        return False


class Refusing(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError("no classes")


def json_case(r, _):
    value = nested(r, 4)
    def by_json():
        text = changed(r, json.dumps(value, default=repr, indent=r.choice([None, 1])).encode())
        return json.loads(text.decode("utf-8", r.choice(["replace", "surrogateescape"])))
    yield by_json
    yield lambda: json.dumps(value, allow_nan=r.random() < 0.5, sort_keys=r.random() < 0.5, skipkeys=True)


def pickle_case(r, _):
    value = nested(r, 4)
    def by_pickle():
        data = changed(r, pickle.dumps(value, r.randrange(6)))
        # Names of memo entries are known to take memory.
        if not names_far_entry(data):
            Refusing(io.BytesIO(data)).load()
    yield by_pickle


SUBJECTS = {"formats": number_format, "struct": struct_case, "json": json_case, "pickle": pickle_case}


def run(r, count, subjects):
    for _ in range(count):
        value = r.choice(VALUES)
        for subject in subjects:
            for attempt in SUBJECTS[subject](r, value):
                try:
                    attempt()
                except Exception:
                    pass


if __name__ == "__main__":
    run(random.Random(int(sys.argv[1])), int(sys.argv[2]), sys.argv[3:] or SUBJECTS)
