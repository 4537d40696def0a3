# needs: pygments
from pygments import highlight, lex
from pygments.formatters import HtmlFormatter, TerminalFormatter
from pygments.lexers import PythonLexer, get_lexer_by_name, guess_lexer_for_filename
code = 'def f(x):\n    """Doc."""\n    return f"{x!r:>10}" + 0x1F  # end\n'
print(highlight(code, PythonLexer(), HtmlFormatter()))
print(repr(highlight("SELECT a FROM b WHERE c = 'd';", get_lexer_by_name("sql"), TerminalFormatter())))
print(guess_lexer_for_filename("x.rs", "fn main() {}").name)
