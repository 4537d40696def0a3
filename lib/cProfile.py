"""Python interface for the 'lsprof' profiler: as `profile`, on `_lsprof`."""
__all__ = ["run", "runctx", "Profile"]

import _lsprof
import importlib.machinery
import io
import os
import sys


def run(statement, filename=None, sort=-1):
    """Profiles a statement, and prints the statistics or writes them to a file."""
    import __main__
    namespace = __main__.__dict__
    return runctx(statement, namespace, namespace, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1):
    """As `run`, in these namespaces."""
    profiler = Profile()
    try:
        profiler.runctx(statement, globals, locals)
    except SystemExit:
        pass
    if filename is None:
        profiler.print_stats(sort)
    else:
        profiler.dump_stats(filename)


def label(code):
    """The file, the line and the name by which `pstats` knows a function."""
    if isinstance(code, str):
        return "~", 0, code
    return code.co_filename, code.co_firstlineno, code.co_name


class Profile(_lsprof.Profiler):
    """Profile(timer=None, timeunit=0.0, subcalls=True, builtins=True)

    Builds a profiler object using the specified timer function.
    """

    def print_stats(self, sort=-1):
        import pstats
        keys = sort if isinstance(sort, tuple) else (sort,)
        pstats.Stats(self).strip_dirs().sort_stats(*keys).print_stats()

    def dump_stats(self, file):
        import marshal
        self.create_stats()
        with open(file, "wb") as output:
            marshal.dump(self.stats, output)

    def create_stats(self):
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        callers = {}
        own = {}
        for entry in self.getstats():
            function = label(entry.code)
            times = entry.callcount, entry.reccallcount, entry.inlinetime, entry.totaltime
            known = own.get(function)
            own[function] = times if known is None else tuple(map(sum, zip(known, times)))
            for callee in entry.calls or ():
                of_callee = callers.setdefault(label(callee.code), {})
                primitive = callee.callcount - callee.reccallcount
                times = callee.callcount, primitive, callee.inlinetime, callee.totaltime
                known = of_callee.get(function)
                of_callee[function] = times if known is None else tuple(map(sum, zip(known, times)))
        self.stats = {
            function: (calls - recursive, calls, inline, total, callers.get(function, {}))
            for function, (calls, recursive, inline, total) in own.items()}

    def run(self, statement):
        import __main__
        namespace = __main__.__dict__
        return self.runctx(statement, namespace, namespace)

    def runctx(self, statement, globals, locals):
        self.enable()
        try:
            exec(statement, globals, locals)
        finally:
            self.disable()
        return self

    def runcall(self, func, /, *args, **kw):
        self.enable()
        try:
            return func(*args, **kw)
        finally:
            self.disable()

    def __enter__(self):
        self.enable()
        return self

    def __exit__(self, *raised):
        self.disable()


def main():
    import pstats
    from optparse import OptionParser
    parser = OptionParser(
        usage="cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ...")
    parser.allow_interspersed_args = False
    parser.add_option("-o", "--outfile", help="Save stats to <outfile>", default=None)
    parser.add_option(
        "-s", "--sort", help="Sort order when printing to stdout, based on pstats.Stats class",
        default=2, choices=sorted(pstats.Stats.sort_arg_dict_default))
    parser.add_option("-m", dest="module", action="store_true", help="Profile a library module",
                      default=False)
    if not sys.argv[1:]:
        parser.print_usage()
        sys.exit(2)
    options, arguments = parser.parse_args()
    sys.argv[:] = arguments
    if options.outfile is not None:
        options.outfile = os.path.abspath(options.outfile)
    if not arguments:
        parser.print_usage()
        return
    if options.module:
        code = "run_module(modname, run_name='__main__')"
        import runpy
        namespace = {"run_module": runpy.run_module, "modname": arguments[0]}
    else:
        path = arguments[0]
        sys.path.insert(0, os.path.dirname(path))
        with io.open_code(path) as file:
            code = compile(file.read(), path, "exec")
        import types
        module = types.ModuleType("__main__")
        module.__spec__ = importlib.machinery.ModuleSpec("__main__", None, origin=path)
        namespace = module.__dict__
        namespace.update(__file__=path, __package__=None, __cached__=None)
        sys.modules["__main__"] = module
    try:
        runctx(code, namespace, None, options.outfile, options.sort)
    except BrokenPipeError as error:
        # What reads the output has gone.
        sys.stdout = None
        sys.exit(error.errno)


if __name__ == "__main__":
    main()
