"""Turns the rounds' results into medians, ratios and goals, and those into a table or JSON."""

import statistics
from dataclasses import asdict, dataclass, field

from suite._measure import human

from . import goals

# Widths of the table's columns.
VALUE, RATIO, SPREAD, MARK = 13, 7, 13, 8


@dataclass
class Row:
    """One result of the suite on all Pythons."""

    suite: str
    name: str
    unit: str
    rounds: dict = field(default_factory=dict)  # label: {round: value}

    def median(self, label):
        values = self.rounds.get(label)
        return statistics.median(values.values()) if values else None

    def ratios(self, label, base):
        """To the base, in each round in which both have a value."""
        ours, theirs = self.rounds.get(label, {}), self.rounds.get(base, {})
        return [ours[number] / theirs[number] for number in ours if theirs.get(number)]


@dataclass(frozen=True)
class Verdict:
    label: str
    name: str
    goal: str
    found: str
    is_met: bool


class Comparison:
    def __init__(self, interpreters, base):
        self.interpreters = interpreters
        self.base = base
        self.rows = {}  # (suite, name): Row
        self.failures = {}  # (label, suite, benchmark, error): in how many rounds

    def add(self, interpreter, suite, number, results):
        for result in results:
            if "error" in result:
                key = interpreter.label, suite, result["benchmark"], result["error"]
                self.failures[key] = self.failures.get(key, 0) + 1
                continue
            name = result["name"]
            row = self.rows.setdefault((suite, name), Row(suite, name, result["unit"]))
            row.rounds.setdefault(interpreter.label, {})[number] = result["value"]

    def verdicts(self):
        """Of each build of pyt on each goal that this run can decide, in the table's order."""
        for row in self.rows.values():
            for interpreter in self.interpreters:
                if interpreter.is_pyt and (verdict := self.verdict(row, interpreter)):
                    yield verdict

    def verdict(self, row, interpreter):
        median = row.median(interpreter.label)
        goal = goals.absolute(row.name, interpreter.gil)
        if goal is not None and median is not None:
            limit = f"{goal.bound} {human(goal.limit, goal.unit)}"
            met = goals.is_met(goal, median)
            return Verdict(interpreter.label, row.name, limit, human(median, row.unit), met)
        base = self.base
        if base is None or (base.implementation, base.version[:2]) != ("cpython", (3, 14)):
            return None  # what the ratios' goals are relative to
        ratios = row.ratios(interpreter.label, base.label)
        if row.name not in goals.RELATIVE or not ratios or not interpreter.gil:
            return None
        limit, found = goals.RELATIVE[row.name], statistics.median(ratios)
        goal = f"at most {limit:g} of CPython"
        return Verdict(interpreter.label, row.name, goal, times(found), found <= limit)

    def table(self, with_goals):
        """The text to print: a block for each suite, then the goals, then what failed."""
        base = self.base.label if self.base else None
        order = sorted(self.interpreters, key=lambda one: one.label != base)
        width = max([len(row.name) for row in self.rows.values()], default=0)
        lines = []
        for suite in dict.fromkeys(row.suite for row in self.rows.values()):
            rows = [row for row in self.rows.values() if row.suite == suite]
            shown = [one for one in order if any(one.label in row.rounds for row in rows)]
            lines += ["", f"{suite:<{width}}" + "".join(head(one, base) for one in shown)]
            for row in rows:
                cells = [self.cell(row, one, base) for one in shown]
                lines.append(f"{row.name:<{width}}" + "".join(cells))
        lines += self.goal_lines() if with_goals else ["", "smoke: the figures mean nothing"]
        lines += self.failure_lines()
        return "\n".join(line.rstrip() for line in lines).strip("\n")

    def cell(self, row, interpreter, base):
        median = row.median(interpreter.label)
        text = f"{'-' if median is None else human(median, row.unit):>{VALUE}}"
        if interpreter.label == base:
            return text
        ratios = row.ratios(interpreter.label, base)
        ratio = times(statistics.median(ratios)) if ratios else ""
        text += f"{ratio:>{RATIO}}"
        if interpreter.is_pyt:
            spread = f"{times(min(ratios))}..{times(max(ratios))}" if ratios else ""
            verdict = self.verdict(row, interpreter)
            mark = "" if verdict is None else "met" if verdict.is_met else "not met"
            text += f"  {spread:<{SPREAD}}{mark:<{MARK}}"
        return text

    def goal_lines(self):
        verdicts = list(self.verdicts())
        if not verdicts:
            return []
        met = sum(verdict.is_met for verdict in verdicts)
        lines = ["", f"goals: {met} of {len(verdicts)} met"]
        for verdict in sorted(verdicts, key=lambda verdict: verdict.is_met):
            mark = "met" if verdict.is_met else "not met"
            result = f"{verdict.name}: {verdict.found}, goal: {verdict.goal}"
            lines.append(f"  {mark:<8} {verdict.label}: {result}")
        return lines

    def failure_lines(self):
        if not self.failures:
            return []
        lines = ["", "failed:"]
        for (label, suite, benchmark, error), rounds in self.failures.items():
            often = f" ({rounds} rounds)" if rounds > 1 else ""
            lines.append(f"  {label}: {suite}: {benchmark or 'the script'}: {error}{often}")
        return lines

    def as_json(self):
        base = self.base.label if self.base else None
        return {
            "base": base,
            "interpreters": [
                {
                    "label": one.label,
                    "implementation": one.implementation,
                    "version": list(one.version),
                    "gil": one.gil,
                }
                for one in self.interpreters
            ],
            "results": [
                {
                    "suite": row.suite,
                    "name": row.name,
                    "unit": row.unit,
                    "median": {label: row.median(label) for label in row.rounds},
                    "ratios": {
                        label: row.ratios(label, base) for label in row.rounds if label != base
                    },
                    "rounds": {label: list(values.values()) for label, values in row.rounds.items()},
                }
                for row in self.rows.values()
            ],
            "goals": [asdict(verdict) for verdict in self.verdicts()],
            "failures": [
                {
                    "interpreter": label,
                    "suite": suite,
                    "benchmark": benchmark,
                    "error": error,
                    "rounds": rounds,
                }
                for (label, suite, benchmark, error), rounds in self.failures.items()
            ],
        }


def times(ratio):
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def head(interpreter, base):
    text = f"{interpreter.label:>{VALUE}}"
    if interpreter.label == base:
        return text
    text += f"{'ratio':>{RATIO}}"
    if interpreter.is_pyt:
        text += f"  {'(spread)':<{SPREAD}}{'goal':<{MARK}}"
    return text
