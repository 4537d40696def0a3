"""`co_lnotab`, deprecated: the same lines as `co_lines()`, in pairs of bytes."""

import warnings


def short(x):
    if x:
        return 1
    return (
        x
        + 2
    )


# Far apart, and backwards.
source = "def far(x):\n    for i in x:" + "\n" * 400 + "        print(i,\n" + "\n" * 300 + "        x)\n    return [" + "x, " * 300 + "]\n"
names = {}
exec(source, names)


def lines_of(code):
    """Offset and line of each entry of the table."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = code.co_lnotab
    assert [w.category for w in caught] == [DeprecationWarning], caught
    assert isinstance(table, bytes) and len(table) % 2 == 0
    offset, line, found = 0, code.co_firstlineno, {}
    for code_step, line_step in zip(table[::2], table[1::2]):
        offset += code_step
        line += line_step - 256 if line_step >= 128 else line_step
        found[offset] = line
    return found


for function in (short, names["far"], lines_of):
    code = function.__code__
    expected, last = {}, code.co_firstlineno
    for begin, _, line in code.co_lines():
        if line is not None and line != last:
            expected[begin] = last = line
    assert lines_of(code) == expected, (function, lines_of(code), expected)
