# needs: typer
import typer
from typer.testing import CliRunner
app = typer.Typer()
@app.command()
def add(x: int, y: int = 2, loud: bool = False):
    """Adds."""
    typer.echo(f"{x + y}{'!' if loud else ''}")
@app.command()
def fail(): raise typer.Exit(3)
runner = CliRunner()
for arguments in (["add", "1", "--loud"], ["add", "a"], ["fail"]):
    result = runner.invoke(app, arguments); print(result.exit_code, result.output.splitlines()[:1])
