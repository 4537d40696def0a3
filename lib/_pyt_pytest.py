"""The plugin of pytest: explores each test that starts threads or event loops.

In the session, tests run as ever, and those that start threads are ended there and set aside. Workers
explore these and send the reports, which the session shows as its own. `_pyt_suite` has what is not
pytest's.
"""

import json
import os
import sys

import pytest
from _pytest.outcomes import Skipped
from _pytest.reports import TestReport
from _pytest.runner import runtestprotocol

import _pyt
import _pyt_suite as suite

_ASIDE = "explored by pyt"


def pytest_addoption(parser):
    group = parser.getgroup("pyt", "pyt: schedules of tests with threads")
    group.addoption(
        "--pyt-schedules", type=int, metavar="N",
        help="run each test that starts threads or event loops under N schedules",
    )
    group.addoption(
        "--pyt-time", type=float, metavar="SECONDS",
        help="explore such tests until this time is over, those with most to decide most",
    )
    group.addoption(
        "--pyt-strategy", metavar="NAME", help="how schedules are chosen (mix; see pyt explore --help)"
    )
    group.addoption(
        "--pyt-granularity", metavar="WHERE",
        help="where threads may be switched (access; see pyt explore --help)",
    )
    group.addoption(
        "--pyt-include", metavar="PACKAGE", action="append",
        help="look into this installed package or module of the library, too",
    )
    group.addoption(
        "--pyt-exclude", metavar="PACKAGE", action="append",
        help="do not look into this package or module, although it is the project's",
    )
    group.addoption("--pyt-seed", type=int, metavar="N", help="what all schedules come from (0)")
    group.addoption(
        "--pyt-jobs", type=int, metavar="N", help="explore with N processes (one per core)"
    )
    group.addoption(
        "--pyt-replay", metavar="FILE", help="run only the test of this schedule, under it, once"
    )
    group.addoption("--pyt-json", metavar="FILE", help="write what was found into this file, as JSON")


_OPTIONS = {
    "pyt_schedules": "schedules", "pyt_time": "time", "pyt_strategy": "strategy",
    "pyt_granularity": "granularity", "pyt_include": "include", "pyt_exclude": "exclude",
    "pyt_seed": "seed", "pyt_jobs": "jobs",
    "pyt_replay": "replay", "pyt_json": "json",
}

_settings = suite.Settings.of_environment()
if _settings.role == "worker":
    suite.prepare(_settings)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    if _settings.role == "worker":
        suite.prepare(_settings, str(early_config.rootpath))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "schedules(n, strategy=None): under pyt, run the test under n schedules of its threads",
    )
    settings = _settings
    if settings.role == "worker":
        # As pytest-xdist has it: plugins that write files leave that to the session.
        config.workerinput = {"workerid": f"pyt{settings.number}"}
        config.pluginmanager.register(_Worker(config, settings), "pyt-worker")
        return
    if hasattr(config, "workerinput"):
        return
    for option, name in _OPTIONS.items():
        value = config.getoption(option)
        if value is not None:
            setattr(settings, name, value)
    if any(config.getoption(option) is not None for option in ("pyt_schedules", "pyt_time", "pyt_replay")):
        settings.explores = True
    _refuse(config, settings)
    if settings.replay is not None:
        config.args = [os.path.join(str(config.rootpath), suite.load(settings.replay)["test"])]
    if not config.option.collectonly:
        config.pluginmanager.register(_Session(config, settings), "pyt-session")


def _refuse(config, settings):
    if settings.schedules is not None and settings.schedules < 1:
        raise pytest.UsageError("--pyt-schedules: at least 1")
    if settings.explores:
        if getattr(config.option, "numprocesses", None) or getattr(config.option, "dist", "no") != "no":
            raise pytest.UsageError(
                "pyt explores tests in processes of its own, which pytest-xdist's workers cannot have: "
                "leave out -n (--pyt-jobs says how many processes explore)"
            )
        if config.getoption("usepdb", False):
            raise pytest.UsageError(
                "--pdb cannot stop in the processes that explore: replay a schedule under the debugger"
            )
    if settings.replay is not None and suite.load(settings.replay) is None:
        raise pytest.UsageError(f"--pyt-replay: {settings.replay} is no schedule of a test")


def _marked(item):
    """What the marker `schedules` of a test says, or None."""
    marker = item.get_closest_marker("schedules")
    if marker is None:
        return None
    given = dict(zip(("schedules", "strategy"), marker.args)) | marker.kwargs
    if "n" in given:
        given["schedules"] = given.pop("n")
    if unknown := given.keys() - {"schedules", "strategy"}:
        raise pytest.UsageError(f"{item.nodeid}: the marker schedules does not take {unknown.pop()}")
    return given


# --- the session --------------------------------------------------------------------------------


class _Session:
    def __init__(self, config, settings):
        self.config = config
        self.settings = settings
        self.store = suite.Store(str(config.rootpath))
        self.aside = {}  # the tests to be explored, by name
        self.found = {}  # what was found of them
        self.watched = None
        self.has_ended_tests = False
        self.explores = False

    def pytest_report_header(self):
        if not self.settings.explores:
            return None
        if self.settings.replay:
            return f"pyt: replays {self.settings.replay}"
        how = self.settings.strategy
        if self.settings.time is not None:
            how += f", {self.settings.time:g} s over all"
        else:
            how += f", {self.settings.schedules or suite.SCHEDULES} schedules of each"
        return f"pyt: explores tests with threads or event loops ({how})"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        if not session.testsfailed or self.config.option.continue_on_collection_errors:
            self._set_aside(session)
        result = yield
        if self.aside:
            self._explore(session)
        return result

    def _set_aside(self, session):
        """Takes out the tests that are to be explored in any case."""
        replay = suite.load(self.settings.replay) if self.settings.replay else None
        kept = self.store.tests() if self.settings.explores and replay is None else ()
        rest = []
        for item in session.items:
            marked = _marked(item)
            if replay is not None:
                if item.nodeid == replay["test"]:
                    self.aside[item.nodeid] = item
            elif marked is not None or item.nodeid in kept:
                self.aside[item.nodeid] = item
            else:
                rest.append(item)
        self.explores = self.settings.explores or bool(self.aside)
        if self.explores:
            _refuse(self.config, _with(self.settings, explores=True))
        if replay is not None and not self.aside:
            raise pytest.UsageError(f"{self.settings.replay}: there is no test {replay['test']}")
        session.items = rest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        if not self.settings.explores:
            return None
        self.watched = None
        suite.watch_loops(self._runs_loop)
        knew_loops = "asyncio.base_events" in sys.modules
        _pyt.watch_thread_starts(self._starts_thread)
        try:
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
        finally:
            _pyt.watch_thread_starts(None)
            suite.watch_loops(None)
        if not knew_loops and "asyncio.base_events" in sys.modules:
            self.watched = "event loop"
        if self.watched or any(_ASIDE in str(report.longrepr) for report in reports if report.skipped):
            self.aside[item.nodeid] = item
            return True
        if self.has_ended_tests and any(report.failed for report in reports):
            # What a test that was ended has left may be the reason: a new process says.
            self.aside[item.nodeid] = item
            return True
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _starts_thread(self, name):
        self.watched = "thread"
        self.has_ended_tests = True
        raise Skipped(_ASIDE, allow_module_level=True)

    def _runs_loop(self):
        if self.watched is None:
            # Only once: what ends a loop in order may run it again.
            self.watched = "event loop"
            self.has_ended_tests = True
            raise Skipped(_ASIDE, allow_module_level=True)

    def _explore(self, session):
        config = self.config
        tests = {name: _marked(item) or {} for name, item in self.aside.items()}
        command = [
            sys.executable, *_interpreter_options(), "-m", "pytest", *config.invocation_params.args
        ]
        workers = suite.Workers(
            self.settings, tests, command, config.invocation_params.dir, config.rootpath
        )
        try:
            for said in workers:
                self._show(session, said)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
        finally:
            workers.close()

    def _show(self, session, said):
        """Shows the reports that a worker has sent as the session's own."""
        item = self.aside.get(said["test"])
        if item is None:
            return
        if "lost" in said:
            report = TestReport(
                item.nodeid, item.location, {}, "failed", said["lost"], "call", duration=0.0
            )
            reports = [report]
        else:
            self.found[item.nodeid] = said["result"]
            load = self.config.hook.pytest_report_from_serializable
            reports = [load(config=self.config, data=data) for data in said["reports"]]
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def pytest_terminal_summary(self, terminalreporter):
        if self.settings.json is not None:
            self._write_json()
        if not self.found:
            return
        terminalreporter.write_sep("=", "schedules")
        for line in suite.summary(self.found, self.settings):
            terminalreporter.write_line(line)

    def _write_json(self):
        found = {
            name: {key: value for key, value in result.items() if key != "note"}
            for name, result in self.found.items()
        }
        with open(self.settings.json, "w", encoding="utf-8") as file:
            json.dump({"schema": 1, "tests": found}, file, indent=2)
            file.write("\n")


def _with(settings, **changes):
    return suite.Settings(**vars(settings) | changes)


def _interpreter_options():
    import subprocess

    return subprocess._args_from_interpreter_flags()


# --- a worker -----------------------------------------------------------------------------------


class _StartsThreads(Skipped):
    """A fixture of a wider scope starts a thread, which no forked process would have."""


class _Next:
    """Stands for the next test: one of the same class or module, so that what is set up for these
    stays."""

    def __init__(self, item):
        self._chain = [*item.listchain()[:-1], self]

    def listchain(self):
        return self._chain


class _Worker:
    def __init__(self, config, settings):
        self.config = config
        self.settings = settings
        self.reporter = suite.Reporter(settings)
        self.store = suite.Store(settings.folder)
        self.run = None
        config.args = [os.path.join(str(config.rootpath), name) for name in settings.tests]
        config.option.maxfail = 0
        if config.option.basetemp:
            config.option.basetemp = f"{config.option.basetemp}-pyt{settings.number}"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid in self.settings.tests]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        items = session.items
        found = {item.nodeid for item in items}
        for name in self.settings.tests:
            if name not in found:
                self.reporter.say(test=name, lost="a new process does not find this test")
        following = dict(zip(items, items[1:]))
        suite.run_plan(
            self.settings, self.reporter, [(item.nodeid, item) for item in items],
            lambda item, limits, number: self._explore(
                session, item, following.get(item), limits, number
            ),
        )
        return True

    def _explore(self, session, item, nextitem, limits, number):
        marked = self.settings.tests[item.nodeid]
        wide = self._set_up_wide(session, item)
        run = self.run = _Run(session, item, nextitem=_Next(item) if wide is not None else None)
        kept = suite.load(self.settings.replay) if self.settings.replay else self.store.load(item.nodeid)
        stored = [kept] if kept is not None and number == 0 else []
        result = suite.explore_test(
            run, self.settings, marked, stored, limits,
            thread_exceptions=_minds_threads(item), replays=self.settings.replay is not None,
        )
        result["wider"] = wide
        if result["wider"] != []:
            # What they made was not made anew for each schedule.
            result["proven"] = False
        reports = self._reports(item, result)
        self._tear_down_wide(session, item, nextitem, reports)
        if result["failure"] is None:
            if stored and not self.settings.replay:
                self.store.forget(item.nodeid)
        return result, reports

    def _set_up_wide(self, session, item):
        """Sets up what is made once for several tests. Returns the names of such fixtures; None if
        they start threads: then each run sets them up."""
        wide = []
        _pyt.watch_thread_starts(_refuse_threads)
        try:
            session._setupstate.setup(item.parent)
            if hasattr(item, "_request"):
                if not item._request:
                    item._initrequest()
                definitions = item._fixtureinfo.name2fixturedefs
                for name in item.fixturenames:
                    definition = definitions.get(name, [None])[-1]
                    if definition is not None and definition.scope != "function":
                        if not _is_pytests(definition):
                            wide.append(f"{name} ({definition.scope})")
                        item._request.getfixturevalue(name)
                if {"tmp_path", "tmpdir"} & set(item.fixturenames):
                    self.config._tmp_path_factory.getbasetemp()
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
                raise
            # An error the run itself meets again, and reports it.
            self._tear_down(session, None)
            if hasattr(item, "_request"):
                item._initrequest()
            return None
        finally:
            _pyt.watch_thread_starts(None)
        return wide

    def _tear_down(self, session, nextitem):
        try:
            session._setupstate.teardown_exact(nextitem)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
                raise
            return error
        return None

    def _tear_down_wide(self, session, item, nextitem, reports):
        error = self._tear_down(session, nextitem)
        if hasattr(item, "_request"):
            item._request = False
            item.funcargs = None
        if error is None or not reports or reports[-1]["outcome"] == "failed":
            return
        text = "".join(__import__("traceback").format_exception(error))
        last = reports[-1]
        if last["when"] == "teardown":
            last["outcome"], last["longrepr"] = "failed", text

    def _reports(self, item, result):
        """The reports of a test, for the session: those of its smallest failing run, or of its
        first."""
        failure = result["failure"]
        note = result["note"] if failure is None else failure["note"]
        note = json.loads(note) if note else {}
        result.pop("note")
        reports = note.get("reports") or []
        if failure is None:
            return reports
        failure.pop("note")
        path = None
        if self.settings.replay:
            path = self.settings.replay
        elif failure["reproduced"] and suite.has_schedule(failure):
            strategy = self.settings.tests[item.nodeid].get("strategy") or self.settings.strategy
            args = self.config.invocation_params.args
            path = self.store.save(item.nodeid, "pytest", args, self.settings, strategy, failure)
        failure["schedule"] = path and os.path.relpath(path, str(self.config.rootpath))
        text = suite.describe_failure(result, path, str(self.config.invocation_params.dir))
        failed = [report for report in reports if report["outcome"] == "failed"]
        own = failure["kind"] == "exception" and failure["thread"] == "MainThread"
        if not failed or not own:
            reports = [report for report in reports if report["outcome"] != "failed"]
            reports = [report for report in reports if report["when"] == "setup"]
            report = TestReport(
                item.nodeid, item.location, {}, "failed", text, "call",
                duration=result["seconds"],
            )
            dump = self.config.hook.pytest_report_to_serializable
            return [*reports, dump(config=self.config, report=report)]
        if suite.has_schedule(failure):
            shown = failed[0]["longrepr"]
            if isinstance(shown, dict):
                # A part of the failure itself, which other reports (JUnit) show, too.
                shown["sections"].append(["schedule", text, "-"])
            else:
                failed[0]["sections"].append(["schedule", text])
        return reports

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if self.run is not None and report.failed:
            self.run.fails(report, call)
        return report


def _refuse_threads(name):
    raise _StartsThreads(f"thread {name} is started")


def _is_pytests(definition):
    module = getattr(definition.func, "__module__", None) or ""
    return module.partition(".")[0] in ("_pytest", "pytest", "pytest_asyncio", "anyio", "_pyt_pytest")


def _minds_threads(item):
    """Whether an exception that leaves a thread fails the test: unless pytest's warning of it is to
    be ignored."""
    filters = [text for marker in item.iter_markers("filterwarnings") for text in marker.args]
    filters += item.config.getini("filterwarnings")
    filters += item.config.known_args_namespace.pythonwarnings or []
    return not any(
        text.startswith("ignore") and "UnhandledThreadException" in text for text in filters
    )


class _Run:
    """One run of a test, in a process of its own."""

    def __init__(self, session, item, nextitem):
        self.session = session
        self.item = item
        self.nextitem = nextitem
        self._raised = None
        self._reports = []

    def __call__(self):
        capture = self.item.config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            # The files behind it are the parent's, and other runs'.
            capture.stop_global_capturing()
            capture.start_global_capturing()
        self._raised = None
        self._reports = runtestprotocol(self.item, log=False, nextitem=self.nextitem)
        if self._raised is not None:
            raise self._raised

    def fails(self, report, call):
        if self._raised is None:
            self._raised = call.excinfo.value if call.excinfo is not None else None
            if self._raised is None or report.longrepr is None or call.excinfo is None:
                self._raised = AssertionError(report.longreprtext)

    def note(self):
        """What the session is to show of this run."""
        config = self.item.config
        dump = config.hook.pytest_report_to_serializable
        reports = [dump(config=config, report=report) for report in self._reports]
        return json.dumps({"reports": reports}, default=str)
