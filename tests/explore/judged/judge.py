"""Makes the programs that tell whether a report names the right cause.

Reads a JSON object on standard input: the script's text, and what a report says of its failure. Writes
one with texts of programs: `locked`, in which what the two threads do there excludes each other, and
`ordered`, in which one waits for the other, with the two steps in the other order. One of them must not
fail. Knows nothing of how the cause was found.
"""

import ast
import json
import sys

HEAD = """
import threading as _threading
_judge_lock = _threading.RLock()
_judge_event = _threading.Event()
def _judge_wait(name):
    if name is None or _threading.current_thread().name == name:
        _judge_event.wait(60)
def _judge_set(name):
    if name is None or _threading.current_thread().name == name:
        _judge_event.set()
"""


def blocks(tree):
    """All lists of statements, with the function that each is in."""
    found = []

    def visit(node, function):
        inside = function
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inside = node
        for field in ("body", "orelse", "finalbody", "handlers"):
            statements = getattr(node, field, None)
            if isinstance(statements, list) and statements:
                if isinstance(statements[0], ast.stmt):
                    found.append((statements, inside))
                for statement in statements:
                    visit(statement, inside)

    visit(tree, None)
    return found


def covers(statement, line):
    return statement.lineno <= line <= statement.end_lineno


def span(tree, lines):
    """The smallest run of statements of one list that has all the lines: the list, its first, its last."""
    best = None
    for statements, function in blocks(tree):
        places = []
        for line in lines:
            at = [i for i, one in enumerate(statements) if covers(one, line)]
            if not at:
                break
            places.append(at[0])
        else:
            first, last = min(places), max(places)
            size = statements[last].end_lineno - statements[first].lineno
            if best is None or size <= best[0]:
                best = (size, statements, first, last)
    return best and best[1:]


def parse(text):
    return ast.parse(text)


def whole(tree):
    """The program's text: with what the judge adds, after imports of the future."""
    head = ast.parse(HEAD).body
    at = 0
    while at < len(tree.body) and (
        isinstance(tree.body[at], ast.ImportFrom) and tree.body[at].module == "__future__"
        or isinstance(tree.body[at], ast.Expr) and isinstance(tree.body[at].value, ast.Constant)
    ):
        at += 1
    tree.body[at:at] = head
    ast.fix_missing_locations(tree)
    return ast.unparse(tree)


def wrapped(statements):
    guard = ast.parse("with _judge_lock: pass").body[0]
    guard.body = statements
    return guard


def locked(text, spans):
    """Each thread's lines exclude the other's."""
    tree = parse(text)
    found = []
    for lines in spans:
        one = span(tree, lines)
        if one is None:
            return None
        found.append(one)
    # The same statements are guarded once; what overlaps, together.
    merged = []
    for statements, first, last in found:
        for other in merged:
            if other[0] is statements and first <= other[2] and other[1] <= last:
                other[1], other[2] = min(first, other[1]), max(last, other[2])
                break
        else:
            merged.append([statements, first, last])
    for statements, first, last in sorted(merged, key=lambda one: -one[1]):
        # From the last on, so that the numbers of those before stay.
        guard = wrapped(statements[first : last + 1])
        if last + 1 - first == len(statements) and isinstance(statements[first], ast.Nonlocal):
            continue
        statements[first : last + 1] = [guard]
    return whole(tree)


def ordered(text, waits, sets):
    """What waits: a line and a thread's name. What it waits for: the same."""
    tree = parse(text)
    places = [(*span(tree, [line]), name, kind) for (line, name), kind in ((waits, "wait"), (sets, "set"))]
    if any(place[0] is None for place in places):
        return None
    # The later place of one list first.
    for statements, at, _, name, kind in sorted(places, key=lambda place: -place[1]):
        call = ast.parse(f"_judge_{kind}({name!r})").body
        if kind == "wait":
            statements[at:at] = call
        else:
            guard = ast.parse("try: pass\nfinally: pass").body[0]
            guard.body, guard.finalbody = [statements[at]], call
            statements[at] = guard
    return whole(tree)


def own_frames(step, script):
    return [frame for frame in step["stack"] or [] if frame["file"].endswith(script) and not frame["library"]]


def lines_of(steps, script):
    """The lines at which the innermost function stands that all steps are in."""
    stacks = [own_frames(step, script) for step in steps]
    stacks = [stack for stack in stacks if stack]
    if not stacks:
        return None
    # From the outermost on: as long as all are at the same line of the same function.
    stacks = [stack[::-1] for stack in stacks]
    depth = 0
    while all(len(stack) > depth + 1 for stack in stacks) and len({(s[depth]["line"], s[depth]["function"]) for s in stacks}) == 1:
        depth += 1
    if len({stack[depth]["function"] for stack in stacks}) > 1:
        depth -= 1
    return [stack[max(depth, 0)]["line"] for stack in stacks]


def variants(task):
    text, script, finding = task["text"], task["script"], task["finding"]
    made = {}
    cause, deadlock = finding["cause"], finding["deadlock"]
    if cause and cause["first"] is not None:
        steps = finding["steps"]
        first, second = steps[cause["first"]], steps[cause["second"]]
        names = finding["threads"]
        spans = []
        for thread in (first["thread"], second["thread"]):
            own = [steps[n] for n in cause["steps"] if steps[n]["thread"] == thread]
            lines = lines_of(own, script)
            if lines:
                spans.append(lines)
        if len(spans) == 2:
            made["locked"] = locked(text, spans)
            places = [own_frames(step, script) for step in (first, second)]
            if all(places):
                one, other = (place[0]["line"] for place in places)
                by = lambda step: names[step["thread"]] if one == other else None
                made["ordered"] = ordered(text, (one, by(first)), (other, by(second)))
                # Threads of a pool are not always the same: then lines as a whole.
                made["ordered_named"] = ordered(
                    text, (one, names[first["thread"]]), (other, names[second["thread"]])
                )
    elif deadlock and deadlock["chain"]:
        spans = []
        for index in deadlock["chain"]:
            thread = deadlock["threads"][index]
            lines = [int(thread["place"].rsplit(":", 1)[1])] if thread["place"] else []
            lines += [int(held["taken_at"].rsplit(":", 1)[1]) for held in thread["holds"]]
            if lines:
                spans.append(lines)
        made["locked"] = locked(text, spans)
    noise = [i for i, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith("noise")]
    if noise:
        made["other"] = locked(text, [[line] for line in noise[-2:]])
    return {name: made[name] for name in made if made[name]}


json.dump(variants(json.load(sys.stdin)), sys.stdout)
