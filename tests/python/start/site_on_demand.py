"""`site` and what it leaves in `builtins`: there from the start, whenever they are looked at."""

import builtins
import os
import pwd
import subprocess
import sys
import tempfile
import threading

PROMPT = "quit", "exit", "copyright", "credits", "license", "help"


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def output(code, *flags, **environment):
    done = run(*flags, "-c", code, **environment)
    assert done.returncode == 0 and done.stderr == "", (done.returncode, done.stderr)
    return done.stdout.split("\n")[:-1]


assert "site" in sys.modules
for name in PROMPT:
    assert callable(getattr(builtins, name)), name

# What they are.
lines = output(f"for name in {PROMPT}: print(repr(eval(name)).split()[0])")
assert lines[0] == lines[1] == "Use" and lines[5] == "Type", lines
assert output("print(exit.name, quit.name, exit.eof == quit.eof)") == ["exit quit True"]
assert output("print(type(exit).__name__ in ('Quitter', 'StandIn'), exit is exit, exit == quit)") == ["True True False"]
assert output("help(len)")[0] == "Help on built-in function len in module builtins:"

# What they do.
for code, status, said in (
    ("exit()", 0, ""),
    ("exit(3)", 3, ""),
    ("quit(code=4)", 4, ""),
    ("quit('bye')", 1, "bye\n"),
    ("import sys\ntry: exit(5)\nexcept SystemExit as end: sys.exit(end.code + sys.stdin.closed)", 6, ""),
):
    done = run("-c", code)
    assert (done.returncode, done.stderr) == (status, said), (code, done)

# A name of the program's own stays, and so does one that it has taken away.
assert output("""
import builtins
def mine(): print("mine")
builtins.exit = mine
del builtins.license
print(repr(quit).startswith("Use"), hasattr(builtins, "license"))
exit()
import site
print(site.PREFIXES != [], builtins.exit is mine, hasattr(builtins, "license"))
""") == ["True False", "mine", "True True False"]

# The module itself, and that to look at it changes nothing else.
code = """
import sys
path, flags, objects = list(sys.path), sys.flags, list(sys.modules)
import site
from site import getsitepackages
print(site.__name__, site.ENABLE_USER_SITE, site.USER_SITE is not None, len(getsitepackages()) > 0)
print(sys.path == path, sys.flags is flags, sys.modules["site"] is site)
print(hasattr(site, "no such thing"), sys._home)
try:
    site.nothing
except AttributeError as error:
    print(error)
import importlib
print(importlib.reload(site) is site, site.main.__module__)
"""
expected = ["site True True True", "True True True", "False None", "module 'site' has no attribute 'nothing'", "True site"]
with tempfile.TemporaryDirectory() as home:
    assert output(code, HOME=home) == expected, output(code, HOME=home)
    expected[0] = "site False True True"
    assert output(code, "-s", HOME=home) == expected
    assert output("import sys; print('site' in sys.modules)", "-S") == ["False"]
    assert output("import sys; print(hasattr(sys, '__interactivehook__'))") == ["True"]
    assert output("import sys; print(hasattr(sys, '__interactivehook__'))", "-I") == ["False"]

# As a program.
shown = run("-m", "site")
assert shown.returncode == 0 and shown.stdout.startswith("sys.path = ["), shown
assert run("-m", "site", "--user-site").stdout.strip() == output("import site; print(site.USER_SITE)")[0]
assert output("import site; print(site.__spec__.name, site.__doc__.split()[0], site.__package__ == '')") == ["site Append True"]

# Modules of the user's run at the start, and only then.
with tempfile.TemporaryDirectory() as folder:
    for name in "sitecustomize", "usercustomize":
        with open(os.path.join(folder, name + ".py"), "w") as file:
            file.write(f"print('{name}')")
    script = os.path.join(folder, "script.py")
    with open(script, "w") as file:
        file.write("import site\nprint(site.ENABLE_USER_SITE, repr(exit)[:3])")
    with_both = ["sitecustomize", "usercustomize", "hello"]
    found = output("print('hello')", PYTHONPATH=folder)
    # A system's own sitecustomize may come first.
    assert found in (with_both, with_both[1:]), found
    assert output("print('hello')", "-I", PYTHONPATH=folder) == ["hello"]
    assert run(script, PYTHONPATH="").stdout == "True Use\n", run(script)

# Folders of packages, and their .pth files.
with tempfile.TemporaryDirectory() as base:
    where = output("import site; print(site.getusersitepackages())", PYTHONUSERBASE=base)[0]
    assert where.startswith(base)
    os.makedirs(where)
    with open(os.path.join(where, "more.pth"), "w") as file:
        file.write(f"{base}\nimport sys; sys.from_pth = True\n")
    shown = f"import sys; print({where!r} in sys.path, {base!r} in sys.path, hasattr(sys, 'from_pth'))"
    assert output(shown, PYTHONUSERBASE=base) == ["True True True"]
    assert output(shown, "-s", PYTHONUSERBASE=base) == ["False False False"]

# Services have no HOME: the start imports as much as with the folder that the system's list of users has.
shown = "import sys; print(sorted(sys.modules))"
homeless = {name: value for name, value in os.environ.items() if name != "HOME"}
done = subprocess.run([sys.executable, "-c", shown], env=homeless, capture_output=True, text=True, timeout=60)
assert [done.stdout.rstrip("\n")] == output(shown, HOME=pwd.getpwuid(os.getuid()).pw_dir), done

# Relative and repeated folders are made absolute and unique.
with tempfile.TemporaryDirectory() as folder:
    twice = os.pathsep.join([folder, folder, "relative"])
    found = output(f"import sys; print(sys.path.count({folder!r}), all(map(str.strip, sys.path[1:])), 'relative' in sys.path)", PYTHONPATH=twice)
    assert found == ["1 True False"], found

# Many at once.
assert output("""
import threading
start = threading.Barrier(8)
def look():
    start.wait()
    seen.append((repr(exit)[:3], repr(copyright)[:9], type(__import__("site").main).__name__))
seen = []
threads = [threading.Thread(target=look) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(seen), len(set(seen)), __import__("sys").flags.no_site)
""") == ["8 1 0"]
