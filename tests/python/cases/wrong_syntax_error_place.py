src = "def f():\n    return lambda a,b:int=1: 0\n\ng = (lambda a, *, c: 0)\n"
try: compile(src, "x", "exec")
except SyntaxError as e: print(e.lineno, e.msg)
