"""Programs for the engine of regular expressions that `re` would not make are refused."""

import _sre
import re


def compiled(code, groups=0):
    return _sre.compile("x", 32, code, groups, {}, (None,) * (groups + 1))


class Changing(int):
    def __index__(self):
        return 1000


REFUSED = [
    [],
    [99] * 10,
    # A distance that leads out.
    [14, 400, 0, 0, 0, 1],
    # A repetition of single characters whose body is none.
    [26, 5, 0, 2**32 - 1, 6, 0, 1, 1],
    # A group, a place and a class of characters that are not there.
    [11, 3, 1],
    [6, 99, 1],
    [8, 99, 1],
    # A set without its end.
    [13, 3, 16, 97, 1],
]
for code in REFUSED:
    try:
        compiled(code)
    except RuntimeError as error:
        assert str(error) == "invalid SRE code", error
    else:
        raise AssertionError(code)
try:
    compiled((1,))
except TypeError:
    pass
else:
    raise AssertionError("not a list")

assert compiled([1]).match("a").span() == (0, 0)
assert compiled([Changing(16), 97, 1]).match("ab").span() == (0, 1)

# What `re` makes is taken.
for pattern, text, found in [
    (r"(a)(?(1)\x0f|b)", "a\x0f", (0, 2)),
    (r"(a)?(?(1)b|c)", "c", (0, 1)),
    (r"(?:(?(1)a|b)(c))*", "bcac", (0, 4)),
    (r"(ab)*+c", "ababc", (0, 5)),
    (r"(?>ab|a)b", "abb", (0, 3)),
    (r"[\u0400-\u04ff\u0500-\u05ff]+", "\u0410\u0591", (0, 2)),
    (r"(?i)[a-z\u4e00-\u9fff]+?k", "AK", (0, 2)),
    (r"abc(def)", "abcdef", (0, 6)),
    (r"(?<=ab)c|(?!x)y", "y", (0, 1)),
    (r"", "", (0, 0)),
]:
    assert re.match(pattern, text).span() == found, pattern
