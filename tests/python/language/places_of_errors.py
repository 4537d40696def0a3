"""A `SyntaxError` has its place in its arguments; an unexpected indent ends where the text begins."""
WRONG = {
    "  x = 1": ("unexpected indent", ("f", 1, 2, "  x = 1\n", 1, -1)),
    "x=1\n     yyy\n": ("unexpected indent", ("f", 2, 5, "     yyy\n", 2, -1)),
    "\tx = 1": ("unexpected indent", ("f", 1, 1, "\tx = 1\n", 1, -1)),
    "if 1:\nx": ("expected an indented block after 'if' statement on line 1", ("f", 2, 1, "x\n", 2, 2)),
    "def f():\n  x\n yyyy + 1":
        ("unindent does not match any outer indentation level", ("f", 3, 10, " yyyy + 1\n", 3, -1)),
    "x = = 1": ("invalid syntax", ("f", 1, 5, "x = = 1\n", 1, 6)),
}
for source, expected in WRONG.items():
    try:
        compile(source, "f", "exec")
    except SyntaxError as error:
        assert error.args == expected, (source, error.args)
        assert (error.msg, error.lineno, error.offset) == (expected[0], expected[1][1], expected[1][2])
    else:
        raise AssertionError(source)
