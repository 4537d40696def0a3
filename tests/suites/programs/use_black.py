# needs: black mypy-extensions pathspec pytokens
import black
print(black.format_str("def f( a,b = 3 ):\n  x = { 'a':1,\n 'b':2 }\n  return [ i for i in x if i ]", mode=black.Mode(line_length=40)))
try: black.format_str("def (", mode=black.Mode())
except black.InvalidInput as error: print(error)
