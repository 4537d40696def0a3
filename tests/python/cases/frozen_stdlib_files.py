"""The library's modules have files, sources and lines, as far as programs see."""
import inspect
import importlib.util
import json
import linecache
import os
import sysconfig
import traceback


def show(name, f):
    try:
        print(name, "->", f())
    except Exception as error:
        print(name, "->", type(error).__name__, error)


show("json.__file__", lambda: os.path.basename(json.__file__))
show("os.__file__", lambda: os.path.basename(os.__file__))
show("a module in a package", lambda: json.decoder.__file__.split("/")[-2:])
show("getfile", lambda: os.path.basename(inspect.getfile(json.dumps)))
show("getfile of a class", lambda: os.path.basename(inspect.getfile(json.JSONDecoder)))
show("getsourcefile", lambda: os.path.basename(inspect.getsourcefile(json)))
show("getsource", lambda: inspect.getsource(json.dumps)[:10])
show("getsource of a method", lambda: inspect.getsource(json.JSONDecoder.raw_decode).split("(")[0])
show("getsource of a class", lambda: inspect.getsource(json.JSONEncoder)[:19])
show("getsource of a module", lambda: inspect.getsource(json)[:9])
show("getsourcelines", lambda: type(inspect.getsourcelines(json.loads)[1]).__name__)
show("co_filename", lambda: os.path.basename(json.dumps.__code__.co_filename))
show("co_filename is __file__", lambda: json.dumps.__code__.co_filename == json.__file__)
show("linecache", lambda: linecache.getline(json.__file__, 1, vars(json))[:3] in ('r""', '"""'))
show("folder", lambda: os.path.dirname(os.__file__) == sysconfig.get_path("stdlib"))
show("doc of len", lambda: bool(len.__doc__))
show("doc of str.upper", lambda: bool(str.upper.__doc__))
show("doc of json.dumps", lambda: bool(json.dumps.__doc__))
for name, function in (
    ("len", len), ("int.from_bytes", int.from_bytes), ("dict.get", {}.get), ("open", open), ("print", print),
    ("str.split", str.split),
):
    show(f"signature of {name}", lambda: str(inspect.signature(function)))
try:
    json.loads("{")
except ValueError:
    lines = traceback.format_exc().splitlines()
    print(lines[-3].strip(), "|", lines[-1])
