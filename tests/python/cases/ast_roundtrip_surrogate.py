import ast
ns = {}
exec(compile(ast.parse(r's = "\ud800"; t = f"{1}\udc80"; b = "a\ud800"'), "x", "exec"), ns)
print(ascii(ns["s"]), ascii(ns["t"]), ascii(ns["b"]), ascii(ast.literal_eval(r'"\ud800"')))
exec(r's = "\ud800"', ns); print(ascii(ns["s"]))
