"""`pyt explore -m unittest`: explores each test that starts threads or event loops.

As with pytest (`_pyt_pytest`): the session runs all tests, those that start threads are ended there
and set aside, and workers explore these. `_pyt_suite` has what is not unittest's.
"""

import json
import os
import sys
import traceback

import _pyt
import _pyt_suite as suite

_settings = suite.Settings.of_environment()
if _settings.role == "worker":
    suite.prepare(_settings)

import unittest  # noqa: E402  The user's modules come with it.
from unittest import case, loader, runner  # noqa: E402


class _StartsThreads(BaseException):
    """Ends a test that starts a thread where it is not explored."""


class _Told(Exception):
    """Stands for an exception of another process, whose traceback is text."""


def _all(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from _all(test)
        else:
            yield test


def _marked(test):
    return getattr(getattr(test, getattr(test, "_testMethodName", ""), None), "_pyt_schedules", None)


# --- the session --------------------------------------------------------------------------------


class _Watched:
    """A result that keeps what a test says until it is known whether it is set aside."""

    def __init__(self, result):
        self._result = result
        self._said = []

    def __getattr__(self, name):
        found = getattr(self._result, name)
        if not name.startswith("add") or not callable(found):
            return found
        return lambda *given: self._said.append((name, given))

    def __setattr__(self, name, value):
        if name in ("_result", "_said"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._result, name, value)

    def failed(self):
        return any(name in ("addError", "addFailure", "addUnexpectedSuccess")
                   or name == "addSubTest" and given[2] is not None for name, given in self._said)

    def tell(self):
        for name, given in self._said:
            getattr(self._result, name)(*given)


class _Session:
    """All tests, for the runner: called with a result."""

    def __init__(self, tests, settings):
        self.tests = tests
        self.settings = settings
        self.store = suite.Store(os.getcwd())
        self.aside = {}
        self.found = {}
        self.watched = None
        self.has_ended_tests = False

    def countTestCases(self):
        return self.tests.countTestCases()

    def __call__(self, result):
        replay = suite.load(self.settings.replay) if self.settings.replay else None
        kept = self.store.tests() if replay is None else {replay["test"]}
        original = case.TestCase.run
        session = self

        def run(self, result=None):
            name = self.id()
            if name in kept:
                session.aside[name] = self
            elif replay is None:
                session._run(self, result, original)
            return result

        case.TestCase.run = run
        try:
            self.tests(result)
        finally:
            case.TestCase.run = original
        if self.aside and not result.shouldStop:
            self._explore(result)

    def _run(self, test, result, original):
        self.watched = None
        suite.watch_loops(self._runs_loop)
        watched = _Watched(result)
        _pyt.watch_thread_starts(self._starts_thread)
        try:
            original(test, watched)
        finally:
            _pyt.watch_thread_starts(None)
            suite.watch_loops(None)
        if self.watched or (self.has_ended_tests and watched.failed()):
            self.aside[test.id()] = test
            result.testsRun -= 1
            if getattr(result, "showAll", False):
                result.stream.writeln("set aside to be explored")
        else:
            watched.tell()

    def _starts_thread(self, name):
        self.watched = "thread"
        self.has_ended_tests = True
        raise _StartsThreads("this test is explored in another process")

    def _runs_loop(self):
        if self.watched is None:
            # Only once: what ends a loop in order may run it again.
            self.watched = "event loop"
            self.has_ended_tests = True
            raise _StartsThreads("this test is explored in another process")

    def _explore(self, result):
        to_string = result._exc_info_to_string
        result._exc_info_to_string = lambda err, test: (
            str(err[1]) if isinstance(err[1], _Told) else to_string(err, test)
        )
        options = __import__("subprocess")._args_from_interpreter_flags()
        command = [sys.executable, *options, "-m", "_pyt_unittest", *sys.argv[1:]]
        tests = {name: {} for name in self.aside}
        folder = os.getcwd()
        workers = suite.Workers(self.settings, tests, command, folder, folder)
        try:
            for said in workers:
                test = self.aside.get(said["test"])
                if test is None:
                    continue
                result.startTest(test)
                if "lost" in said:
                    result.addError(test, _told(said["lost"]))
                else:
                    self.found[said["test"]] = said["result"]
                    for name, text in said["reports"]:
                        _tell(result, test, name, text)
                result.stopTest(test)
                if result.shouldStop:
                    break
        finally:
            workers.close()


def _told(text):
    error = _Told(text.rstrip("\n") + "\n")
    return type(error), error, None


def _tell(result, test, name, text):
    add = getattr(result, name)
    if name in ("addSuccess", "addUnexpectedSuccess"):
        add(test)
    elif name == "addSkip":
        add(test, text)
    else:
        add(test, _told(text))


# --- a worker -----------------------------------------------------------------------------------


class _Recorded(unittest.TestResult):
    """What one run of a test says, as names of methods with the text of an exception."""

    def __init__(self):
        super().__init__()
        self.said = []
        self.raised = None

    def addSuccess(self, test):
        self.said.append(("addSuccess", ""))

    def addSkip(self, test, reason):
        self.said.append(("addSkip", str(reason)))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.said.append(("addUnexpectedSuccess", ""))
        self.raised = AssertionError("unexpected success")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.said.append(("addExpectedFailure", self.expectedFailures[-1][1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.said.append(("addError", self.errors[-1][1]))
        self.raised = self.raised or err[1]

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.said.append(("addFailure", self.failures[-1][1]))
        self.raised = self.raised or err[1]

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            is_failure = issubclass(err[0], test.failureException)
            kind, all_ = ("addFailure", self.failures) if is_failure else ("addError", self.errors)
            self.said.append((kind, f"{subtest}\n{all_[-1][1]}"))
            self.raised = self.raised or err[1]


class _Run:
    """One run of a test, in a process of its own."""

    def __init__(self, test, with_wide):
        self.test = test
        self.with_wide = with_wide
        self._result = None

    def __call__(self):
        result = self._result = _Recorded()
        if self.with_wide:
            unittest.TestSuite([self.test]).run(result)
        else:
            self.test.run(result)
        if result.raised is not None:
            raise result.raised

    def note(self):
        return json.dumps({"reports": self._result.said if self._result else []})


class _Worker:
    """The tests that a worker explores, for the runner: called with a result."""

    def __init__(self, tests, settings):
        self.tests = [test for test in _all(tests) if test.id() in settings.tests]
        self.settings = settings
        self.reporter = suite.Reporter(settings)
        self.store = suite.Store(settings.folder)
        self.classes = unittest.TestSuite()

    def countTestCases(self):
        return len(self.tests)

    def __call__(self, result):
        found = {test.id() for test in self.tests}
        for name in self.settings.tests:
            if name not in found:
                self.reporter.say(test=name, lost="a new process does not find this test")
        wide = _Recorded()
        wide._testRunEntered = True
        suite.run_plan(
            self.settings, self.reporter, [(test.id(), test) for test in self.tests],
            lambda test, limits, number: self._explore(test, limits, number, wide),
        )
        self.classes._tearDownPreviousClass(None, wide)
        self.classes._handleModuleTearDown(wide)

    def _explore(self, test, limits, number, wide):
        starts_threads, errors = self._set_up_wide(test, wide)
        run = _Run(test, with_wide=starts_threads or bool(errors))
        kept = suite.load(self.settings.replay) if self.settings.replay else self.store.load(test.id())
        stored = [kept] if kept is not None and number == 0 else []
        result = suite.explore_test(
            run, self.settings, {}, stored, limits, replays=self.settings.replay is not None
        )
        result["wider"] = self._wide_of(test)
        if result["wider"] != []:
            # What they made was not made anew for each schedule.
            result["proven"] = False
        failure = result["failure"]
        note = result.pop("note") if failure is None else failure.pop("note")
        reports = (json.loads(note) if note else {}).get("reports") or []
        if failure is None:
            if stored and not self.settings.replay:
                self.store.forget(test.id())
            return result, reports
        result.pop("note", None)
        path = None
        if self.settings.replay:
            path = self.settings.replay
        elif failure["reproduced"] and suite.has_schedule(failure):
            path = self.store.save(
                test.id(), "unittest", sys.argv[1:], self.settings, self.settings.strategy, failure
            )
        failure["schedule"] = path and os.path.relpath(path, self.settings.folder)
        text = suite.describe_failure(result, path, self.settings.folder)
        own = failure["kind"] == "exception" and failure["thread"] == "MainThread"
        failed = [one for one in reports if one[0] in ("addError", "addFailure")]
        if own and failed:
            return result, [[failed[0][0], failed[0][1] + "\n" + text], *failed[1:]]
        return result, [["addError", text]]

    def _wide_of(self, test):
        kind = type(test)
        found = []
        if "setUpClass" in vars(kind) or any("setUpClass" in vars(one) for one in kind.__mro__[:-2]):
            found.append("setUpClass")
        if hasattr(sys.modules.get(kind.__module__), "setUpModule"):
            found.append("setUpModule")
        return found

    def _set_up_wide(self, test, wide):
        """Sets up class and module. Returns whether that starts threads, and its errors."""
        before = len(wide.errors)
        _pyt.watch_thread_starts(_refuse_threads)
        try:
            self.classes._tearDownPreviousClass(test, wide)
            self.classes._handleModuleFixture(test, wide)
            self.classes._handleClassSetUp(test, wide)
            wide._previousTestClass = test.__class__
        except _StartsThreads:
            wide._previousTestClass = None
            return True, []
        finally:
            _pyt.watch_thread_starts(None)
        return False, wide.errors[before:]


def _refuse_threads(name):
    raise _StartsThreads


class _Runner(runner.TextTestRunner):
    def run(self, test):
        if _settings.role == "worker":
            return super().run(_Worker(test, _settings))
        session = _Session(test, _settings)
        result = super().run(session)
        if session.found:
            self.stream.writeln()
            for line in suite.summary(session.found, _settings):
                self.stream.writeln(line)
        return result


def main():
    sys.argv[0] = f"{os.path.basename(sys.executable)} -m unittest"
    unittest.main(module=None, testRunner=_Runner, testLoader=loader.defaultTestLoader)


if __name__ == "__main__":
    main()
