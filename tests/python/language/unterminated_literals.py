"""A literal without its closing quote is a SyntaxError, whatever letter is at the end of its line."""
import ast
import codeop

LITERALS = ["b'\\' \u00e9", "'\\' \u00e9", "b'''\\' \u00e9", "'\\\n\u00e9", "'''\\\"\n\u4e2d", "x = '\\' \U0001f600",
            "f'\\' \u00e9", "f'{a}\\' \u00e9", "t'\\' \u00e9", "r'\\' \u00e9", "u'\\' \u00e9", "'a' '\\' \u00e9",
            "b'\\' \u00e9 \\", "rb'\\' '\\' \u00e9", "'\\' \u00e9' 'b\\' \u00e9"]
for literal in LITERALS:
    for end in "", "\n", "\r\n", "\n\n", "\nx = 1\n":
        source = literal + end
        for attempt in (lambda: compile(source, "a", "exec"), lambda: compile(source, "a", "single"),
                        lambda: eval(source), lambda: exec(source), lambda: ast.parse(source),
                        lambda: compile(source.encode(), "a", "exec"), lambda: ast.literal_eval(source)):
            try:
                attempt()
            except SyntaxError as error:
                assert error.lineno in (1, 2, 3), (source, error.lineno)
            else:
                raise AssertionError(source)
        try:
            codeop.compile_command(source)
        except SyntaxError:
            pass

# Literals that have one are as they were.
assert eval("'\u00e9'") == "\u00e9"
assert eval("'''a\n\u00e9\nb'''") == "a\n\u00e9\nb"
assert eval("'\u00e9\\\n\u00e9'") == "\u00e9\u00e9"
