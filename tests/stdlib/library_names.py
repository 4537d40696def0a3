"""Which public names of CPython 3.14's standard library there are: the table of docs/library.md says so.

`library/names.txt` has the names as CPython lists them on Linux (`__all__` of a module, or what has no
underscore). On CPython this program checks that list; with `PYT_WRITE_TABLE=1` it writes the table anew.
"""
import importlib
import os
import platform
import sys
import warnings

here = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(here, "..", "..", "docs", "library.md")
BEGIN = "<!-- begin of what `tests/stdlib/library_names.py` writes -->\n"
END = "<!-- end of what `tests/stdlib/library_names.py` writes -->\n"

warnings.simplefilter("ignore")


def listed():
    with open(os.path.join(here, "library", "names.txt"), encoding="utf-8") as file:
        for line in file:
            module, _, names = line.partition(":")
            yield module, names.split()


def found(module):
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def table():
    """A line for each module: its name, how many of its names there are, and which are missing."""
    # All are imported first: packages have their modules as attributes then.
    modules = [(name, names, found(name)) for name, names in listed()]
    lines = ["| module | names | missing |", "| --- | ---: | --- |"]
    complete, total, there = [], 0, 0
    for name, names, module in modules:
        missing = [n for n in names if module is None or not hasattr(module, n)]
        total += len(names)
        there += len(names) - len(missing)
        if module is None:
            lines.append(f"| {name} | {len(names)} | the module |")
        elif missing:
            lines.append(f"| {name} | {len(names)} | {', '.join(missing)} |")
        else:
            complete.append(f"{name} ({len(names)})" if names else name)
    text, width = "", 0
    for name in complete:
        if width + len(name) > 110:
            text, width = text.rstrip() + "\n", 0
        text, width = text + name + ", ", width + len(name) + 2
    return (f"{there} of {total} names of {len(modules)} modules are there.\n\n" + "\n".join(lines)
            + "\n\nModules with all their names, and their number:\n\n" + text.rstrip(", \n") + ".\n")


if sys.platform == "linux" and platform.machine() == "x86_64":
    now = table()
    if sys.implementation.name == "cpython":
        assert "| the module |" not in now and now.count("\n| ") == 2, now
    else:
        with open(PAGE, encoding="utf-8") as file:
            head, _, rest = file.read().partition(BEGIN)
        before, _, tail = rest.partition(END)
        if os.environ.get("PYT_WRITE_TABLE"):
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(f"{head}{BEGIN}\n{now}\n{END}{tail}")
        else:
            assert before.strip() == now.strip(), "docs/library.md is not up to date: PYT_WRITE_TABLE=1"
