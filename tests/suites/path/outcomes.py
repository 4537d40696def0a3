"""A plugin of pytest that writes what became of every test to the file that PYT_OUTCOMES names.

The file gets a line per event, at once, with fields parted by tabs:

    start     ID
    OUTCOME   ID  REASON     pass, fail or skip
    end

ID is pytest's, with addresses replaced. A module that cannot be collected fails under its own name. A test
that is expected to fail and does is skipped; a teardown that fails makes its test fail. The plugin knows
neither the package nor what is expected of it.
"""

import os
import re

ADDRESS = re.compile("0x[0-9a-f]{6,}")
LONGEST_REASON = 200

log = open(os.environ["PYT_OUTCOMES"], "a", encoding="utf-8", errors="backslashreplace")
# What is known so far of the test that runs.
running = {}


def write(*fields):
    words = (" ".join(ADDRESS.sub("0x...", str(field)).split()) for field in fields)
    log.write("\t".join(words) + "\n")
    log.flush()


def reason(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return crash.message[:LONGEST_REASON]
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2][:LONGEST_REASON]
    return str(report.longrepr)[-LONGEST_REASON:]


def pytest_runtest_logstart(nodeid, location):
    write("start", nodeid)


def pytest_runtest_logreport(report):
    kind, why = running.get(report.nodeid, ("pass", ""))
    if report.outcome == "failed":
        kind, why = "fail", reason(report)
    elif report.outcome == "skipped" and kind == "pass":
        kind, why = "skip", "" if hasattr(report, "wasxfail") else reason(report)
    running[report.nodeid] = kind, why
    if report.when == "teardown":
        write(kind, report.nodeid, why)
        del running[report.nodeid]


def pytest_collectreport(report):
    if report.outcome == "failed":
        write("fail", report.nodeid or "collection", reason(report))


def pytest_sessionfinish(session):
    write("end")


def pytest_unconfigure(config):
    log.close()
