# needs: tabulate
from tabulate import tabulate
rows = [["a", 1.5, None], ["bb", 22, "x"]]
for style in ("github", "grid", "latex", "html"): print(tabulate(rows, headers=["n", "v", "o"], tablefmt=style))
