# needs: rich
import io
from rich.console import Console
from rich.table import Table
from rich.tree import Tree
from rich.markdown import Markdown
console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system="truecolor")
table = Table("name", "value", title="T")
table.add_row("[bold red]a[/]", "1"); table.add_row("漢字", "2")
tree = Tree("root"); tree.add("leaf").add("deep")
for item in (table, tree, Markdown("# H\n\n- a\n- `b`\n"), {"a": [1, 2, "x"]}): console.print(item)
print(console.file.getvalue())
