"""Regular expressions made of their pieces, on short texts."""
import random
import re
import sys
import warnings

PIECES = ["a", "b", ".", "^", "$", "\\b", "\\B", "\\d", "\\W", "\\s", "\\A", "\\Z", "[ab]", "[^a]", "[a-", "[]a]",
          "[\\d-z]", "(a)", "(?:a|b)", "(?P<n>a)", "(?P=n)", "\\1", "\\2", "(?=a)", "(?!b)", "(?<=a)", "(?<!ab)",
          "(?(1)a|b)", "(?>a+)", "(?i:A)", "(?#c)", "|", "(", ")", "*", "+?", "??", "*+", "{2}", "{1,}", "{,3}",
          "{2,1}", "{99}", "\\x41", "\\u00e9", "\u00e9", "\U0001f600", "\\N{DASH}", "(?x) a #", "(?L)", "\\", "\udc80"]
TEXTS = ["", "a", "ab", "aabbab", "AB \n b", "\u00e9a\U0001f600b", "\udc80a", "ab" * 10]


def run(r, count):
    warnings.simplefilter("ignore")
    for _ in range(count):
        pattern = "".join(r.choice(PIECES) for _ in range(r.randrange(1, 7)))
        flags = r.choice([0, re.I, re.M, re.S, re.X, re.A, re.I | re.S])
        text = r.choice(TEXTS)
        if r.random() < 0.2:
            pattern, text = pattern.encode("utf-8", "replace"), text.encode("utf-8", "replace")
        try:
            compiled = re.compile(pattern, flags)
        except (re.PatternError, RecursionError, OverflowError, ValueError, IndexError):
            continue
        empty = text[:0]
        bounds = r.choice([(), (1,), (-1, 3), (5, 2), (2**62,), (-2**62, 2**62)])
        for attempt in (
            lambda: compiled.match(text, *bounds).groups(),
            lambda: compiled.search(text, *bounds).span(r.choice([0, 1, -1, 99])),
            lambda: compiled.fullmatch(text, *bounds).expand(r.choice(["\\1", "\\g<n>", "\\g<0>\\n"])),
            lambda: compiled.findall(text, *bounds),
            lambda: [m.groupdict() for m in compiled.finditer(text, *bounds)],
            lambda: compiled.split(text, r.choice([0, 1, -1])),
            lambda: compiled.sub(r.choice([empty, text]), text, r.choice([0, 1])),
            lambda: compiled.subn(lambda m: m[0] * 2, text),
            lambda: compiled.scanner(text).search(),
        ):
            try:
                attempt()
            except (re.PatternError, AttributeError, IndexError, OverflowError, TypeError, ValueError):
                pass


if __name__ == "__main__":
    run(random.Random(int(sys.argv[1])), int(sys.argv[2]))
