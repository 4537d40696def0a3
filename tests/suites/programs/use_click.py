# needs: click
import click
from click.testing import CliRunner
@click.group()
@click.option("--debug/--no-debug", default=False)
@click.pass_context
def cli(context, debug): context.obj = debug
@cli.command()
@click.argument("names", nargs=-1)
@click.option("--count", type=click.IntRange(1, 3), default=1, show_default=True)
@click.pass_obj
def greet(debug, names, count):
    """Greets NAMES."""
    click.echo(f"{debug} {names} {count}")
for arguments in (["greet", "a", "b"], ["--debug", "greet", "--count", "9"], ["greet", "--help"], []):
    result = CliRunner().invoke(cli, arguments)
    print(result.exit_code, result.output)
