"""Runs one module of CPython's test suite and writes what became of every test to a file.

    python runner.py RESULTS SECONDS MODULE [WHICH]

MODULE is a name below the package `test`. With `all` for WHICH all its tests run, else those of pools of
threads only, of `test_concurrent_futures`. The harness starts this program once per module, with
pyt and with CPython, in a folder of the module's own. RESULTS gets a line per event, at once:

    start     ID
    OUTCOME   ID  REASON     pass, fail, error, skip, xfail or unexpected
    end

fields parted by tabs, reasons by the text that unittest has for them, in one line. A test's
subtests count with it: the worst outcome is the test's. What goes wrong in setUpClass, setUpModule
or the import has an ID of its own. After SECONDS the process shows where its threads are, and ends.

What the suite's own runner, regrtest, sets up matters to some tests, and is set up here as well:
resources, the memory limit, the handler of SIGINT, faulthandler. It must never know which outcome
is expected.

On an interpreter other than CPython three more things are done, so that tests run which can:

* Tests marked `cpython_only` run: what CPython does is what is wanted here, too.
* Tests marked `requires_gil_enabled` run if the lock is on. The suite asks how Python was built,
  and a Python that can run without the lock says so even while it runs with it.
* `run_in_subinterp` takes the interpreters of `concurrent.interpreters` where there is no
  `_testcapi` to make them.

And where PYTHONPATH leads to the suite, `script_helper` starts its Pythons in an environment that
has it, hence without -E and -I; and tests that ask for a process of their own make do with this
one, since the suite's way of starting one would undo that.
"""

import faulthandler
import os
import signal
import sys
import unittest

# In the order in which the worse outcome of a subtest hides the better.
OUTCOMES = ("error", "fail", "unexpected", "skip", "xfail", "pass")


class Log:
    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8", errors="backslashreplace")

    def write(self, *fields):
        line = "\t".join(" ".join(str(field).split()) for field in fields)
        self._file.write(line + "\n")
        self._file.flush()


class Result(unittest.TextTestResult):
    """Writes each test's outcome when the test ends."""

    def __init__(self, log, module, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._log = log
        self._prefix = f"test.{module}."
        self._names = {}
        self._running = None
        self._outcomes = []

    def _id(self, test):
        return test.id().replace(self._prefix, "")

    def startTest(self, test):
        name = self._id(test)
        seen = self._names[name] = self._names.get(name, 0) + 1
        # A module may load the same doctests twice.
        self._running = name if seen == 1 else f"{name}#{seen}"
        self._outcomes = []
        self._log.write("start", self._running)
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        outcomes = self._outcomes or [("error", "the test ended without an outcome")]
        outcome, reason = min(outcomes, key=lambda found: OUTCOMES.index(found[0]))
        self._log.write(outcome, self._running, reason)
        self._running = None

    def _add(self, outcome, test, reason=""):
        if self._running is None:
            # A fixture of a class or a module: "setUpClass (test.test_x.Class)".
            self._log.write(outcome, self._id(test), reason)
        else:
            self._outcomes.append((outcome, reason))

    def addSuccess(self, test):
        super().addSuccess(test)
        self._add("pass", test)

    def addError(self, test, err):
        super().addError(test, err)
        self._add("error", test, last_line(err))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add("fail", test, last_line(err))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._add("skip", test, reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._add("xfail", test, "marked as an expected failure")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._add("unexpected", test, "marked as an expected failure")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            outcome = "fail" if issubclass(err[0], test.failureException) else "error"
            self._add(outcome, test, f"{subtest._subDescription()}: {last_line(err)}")


def last_line(err):
    kind, value, _ = err
    try:
        text = str(value)
    except Exception:
        text = "(str() of it fails)"
    lines = text.split("\n")
    return f"{kind.__name__}: {lines[0]}"[:300]


def set_up_process(seconds, which):
    """What regrtest does to a process before it loads a module."""
    faulthandler.enable(all_threads=True)
    faulthandler.dump_traceback_later(seconds, exit=True)
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL):
        signal.signal(signal.SIGINT, signal.default_int_handler)

    from test import support

    support.record_original_stdout(sys.stdout)
    support.verbose = 0
    support.failfast = False
    # The tests that ask for a network use the one within this machine.
    support.use_resources = {"cpu": None, "network": None, "subprocess": None, "walltime": None}
    if which != "all":
        # The tests that start tens of threads count 70 to 100 MB for each, which no thread here uses.
        support.set_memlimit("5g")


def set_up_other_python():
    """What only an interpreter other than CPython needs."""
    from test import support

    def check_impl_detail(**guards):
        guards, default = support._parse_guards(guards)
        return guards.get("cpython", default)

    def requires_gil_enabled(msg="needs the GIL enabled"):
        return unittest.skipUnless(sys._is_gil_enabled(), msg)

    support.check_impl_detail = check_impl_detail
    support.requires_gil_enabled = requires_gil_enabled
    try:
        import _testcapi
    except ImportError:
        support.run_in_subinterp = run_in_subinterp


def run_in_subinterp(code):
    """Runs `code` in an interpreter of its own and ends it; 0 if it raised nothing."""
    from concurrent import interpreters

    interpreter = interpreters.create()
    try:
        interpreter.exec(code)
    except interpreters.ExecutionFailed as error:
        print(error, file=sys.stderr)
        return -1
    finally:
        interpreter.close()
    return 0


def uses_threads_only(test):
    """Whether a test of concurrent.futures runs on a pool of threads, or on no pool."""
    executor = getattr(test, "executor_type", None)
    return executor is None or executor.__name__ == "ThreadPoolExecutor"


def selected(suite):
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(selected(test))
        elif uses_threads_only(test):
            kept.addTest(test)
    return kept


def main(results, seconds, module, which="threads"):
    log = Log(results)
    set_up_process(float(seconds), which)
    if sys.implementation.name != "cpython":
        set_up_other_python()
    if "PYTHONPATH" in os.environ:
        from test.support import isolation, script_helper

        script_helper.interpreter_requires_environment = lambda: True
        isolation.runningInSubprocess = True
    loader = unittest.TestLoader()
    try:
        __import__(f"test.{module}")
    except unittest.SkipTest as reason:
        log.write("skip", "import", reason)
    except Exception as error:
        log.write("error", "import", last_line((type(error), error, None)))
        raise
    else:
        suite = loader.loadTestsFromModule(sys.modules[f"test.{module}"])
        for error in loader.errors:
            log.write("error", "load", error.strip().split("\n")[-1])

        def result(*args, **kwargs):
            return Result(log, module, *args, **kwargs)

        if which != "all":
            suite = selected(suite)
        unittest.TextTestRunner(sys.stdout, verbosity=0, resultclass=result).run(suite)
    log.write("end")
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(*sys.argv[1:])
