"""Makes the programs that show whether a report names the right cause.

Reads a JSON object on standard input: the script's text, its path, a finding of `pyt explore --json`, and
others of the same failure, of other schedules, or of one of the `repairs` (`made` is its name) that still
fails. Writes one with groups of programs:

- `repairs`: what the report names is put in order, and nothing else. What the steps of each thread do there
  excludes the other's (a lock), or the step that came first waits for the one that came second (an event).
  One of them must not fail any more.
- `controls`: another pair of conflicting accesses of the same run is put in order in the same way. All of
  them must still fail. Among them are those that lie within what the report names: if one of these is enough,
  the report names too much.
- `together`: several interleavings of one program may cause the failure, and each has a report of its own.
  What each of these names is put in order, at once. One of these programs must not fail any more.
- `apart`: for each of the other findings, what that one names is put in order, alone. All of these must
  fail: otherwise the first report names what need not be in order.

A step is a line: of a compound statement, its head alone, unless all of it is on that line. Nothing is known here of how the cause was found,
and nothing of any program.
"""

import ast
import json
import sys

HEAD = """
import threading as _threading
_judge_lock = _threading.RLock()
_judge_turn = _threading.Condition()
_judge_done = {}
_judge_passed = {}
_judge_end = object()
def _judge_wait(key, name, nth, times):
    me = _threading.current_thread()
    if name is None or me.name == name:
        with _judge_turn:
            passed = _judge_passed[key, me] = _judge_passed.get((key, me), 0) + 1
            if nth is None or passed == nth:
                _judge_turn.wait_for(lambda: any(
                    which == key and one is not me and done >= times
                    for (which, one), done in _judge_done.items()
                ), 60)
def _judge_set(key, name):
    me = _threading.current_thread()
    if name is None or me.name == name:
        with _judge_turn:
            _judge_done[key, me] = _judge_done.get((key, me), 0) + 1
            _judge_turn.notify_all()
_judge_runs = {}
def _judge_start(self, _start=_threading.Thread.start):
    if self.name in _judge_runs:
        before, after = _judge_runs[self.name]
        run = self.run
        def around():
            if before:
                _judge_wait(*before)
            try:
                run()
            finally:
                if after:
                    _judge_set(*after)
        self.run = around
    return _start(self)
def _judge_held(function):
    with _judge_lock:
        return function()
"""

# So many controls of each sort.
MOST = 3


def blocks_of(node):
    """The lists of statements right inside a node."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        statements = getattr(node, field, None)
        if not isinstance(statements, list) or not statements:
            continue
        if isinstance(statements[0], ast.stmt):
            yield statements
        else:
            for handler in statements:
                yield from blocks_of(handler)


def blocks(tree):
    """All lists of statements."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.ExceptHandler, ast.match_case)):
            yield from blocks_of(node)


def head(statement):
    """The lines before the body of a compound statement; `None` of any other."""
    inside = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if not isinstance(inside, list) or isinstance(statement, (ast.Try, ast.FunctionDef, ast.ClassDef)):
        return None
    first = inside[0].body[0] if isinstance(statement, ast.Match) else inside[0]
    if first.lineno == statement.lineno:
        return None
    return range(statement.lineno, first.lineno)


def covers(statement, line):
    return statement.lineno <= line <= statement.end_lineno


class Place:
    """The smallest run of statements of one list that has all the lines."""

    def __init__(self, statements, first, last, lines):
        self.statements, self.first, self.last = statements, first, last
        own = head(last)
        inside = [line for line in lines if covers(last, line)]
        # Of the last statement, only its head. Two steps at the head of a loop are two turns.
        loops = isinstance(last, (ast.While, ast.For, ast.AsyncFor))
        self.only_head = (
            own is not None
            and all(line in own for line in inside)
            and not isinstance(last, (ast.With, ast.AsyncWith))
            and not getattr(last, "orelse", None) * loops
            and (not loops or first is last and len(lines) == 1)
        )

    def at(self):
        find = lambda wanted: next(i for i, one in enumerate(self.statements) if one is wanted)
        return find(self.first), find(self.last)

    def same_list(self, other):
        return self.statements is other.statements

    def overlaps(self, other):
        if not self.same_list(other):
            return False
        (a, b), (c, d) = self.at(), other.at()
        return a <= d and c <= b

    def key(self):
        return id(self.statements), *self.at(), self.only_head


def is_one_line(place):
    """Whether all of it is on one line, and is no function or class."""
    defines = isinstance(place.first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    return place.first.lineno == place.last.end_lineno and not defines


def place(tree, lines):
    best = None
    for statements in blocks(tree):
        indexes = []
        for line in lines:
            at = [i for i, one in enumerate(statements) if covers(one, line)]
            if not at:
                break
            indexes.append(at[0])
        else:
            first, last = statements[min(indexes)], statements[max(indexes)]
            size = last.end_lineno - first.lineno, last.end_lineno - last.lineno, last.end_col_offset
            # Of a line that has several statements inside each other, the outermost one.
            if best and is_one_line(best[1]) and first.lineno == best[1].first.lineno:
                continue
            if best is None or size <= best[0]:
                best = size, Place(statements, first, last, lines)
    return best and best[1]


def code(text):
    """Statements that are on no line of the program."""
    body = ast.parse(text).body
    for statement in body:
        for node in ast.walk(statement):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = -1
    return body


def on_lines(node, first, last):
    """Gives a node that was made the lines of what it stands for: more may be put around these."""
    node.lineno, node.end_lineno = first, last
    return node


class Run:
    """All that a thread does which takes no step in the program: it runs a function of the library."""

    def __init__(self, name):
        self.name = name

    def key(self):
        return self.name


def whole(tree):
    """The program's text, with what the judge adds after imports of the future."""
    at = 0
    while at < len(tree.body) and (
        isinstance(tree.body[at], ast.ImportFrom)
        and tree.body[at].module == "__future__"
        or isinstance(tree.body[at], ast.Expr)
        and isinstance(tree.body[at].value, ast.Constant)
    ):
        at += 1
    runs = getattr(tree, "runs", {})
    added = [f"_judge_runs.update({runs!r})", "_threading.Thread.start = _judge_start"] if runs else []
    tree.body[at:at] = code("\n".join([HEAD, *added]))
    ast.fix_missing_locations(tree)
    return ast.unparse(tree)


class Around:
    """Puts something around a place: a lock, or what waits before it, or what is set after it."""

    numbers = 0

    def __init__(self, kind, *arguments):
        self.kind = kind
        self.arguments = arguments
        self.call = f"_judge_{kind}({', '.join(map(repr, arguments))})"

    def wrapped(self, statements):
        lines = statements[0].lineno, statements[-1].end_lineno
        if self.kind == "lock":
            (guard,) = code("with _judge_lock: pass")
            guard.body = statements
            return [on_lines(guard, *lines)]
        if self.kind == "wait":
            return [*code(self.call), *statements]
        (guard,) = code("try: pass\nfinally: pass")
        guard.body, guard.finalbody = statements, code(self.call)
        return [on_lines(guard, *lines)]

    def put(self, where):
        statements, last = where.statements, where.last
        first_at, last_at = where.at()
        before = statements[first_at:last_at]
        if isinstance(last, (ast.With, ast.AsyncWith)) and self.kind == "set" and not before:
            # What is awaited is that it has entered.
            last.body[:0] = code(self.call)
            return
        if not where.only_head:
            statements[first_at : last_at + 1] = self.wrapped([*before, last])
            return
        Around.numbers += 1
        value = f"_judge_{Around.numbers}"

        lines = head(last)

        def assigned(expression):
            (made,) = code(f"{value} = 0")
            made.value = expression
            return on_lines(made, lines.start, lines.stop - 1)

        if isinstance(last, ast.While):
            (leaves,) = code(f"while True:\n if not {value}: break").pop().body
            last.body[:0] = [*self.wrapped([assigned(last.test)]), leaves]
            last.test = ast.Constant(True)
        elif isinstance(last, ast.For):
            (loop,) = code(f"while True:\n if {value} is _judge_end: break\n x = {value}")
            leaves, sets = loop.body
            sets.targets = [last.target]
            iterator = f"_judge_i{Around.numbers}"
            (begins,) = code(f"{iterator} = iter(0)")
            begins.value.args = [last.iter]
            takes = assigned(code(f"next({iterator}, _judge_end)")[0].value)
            loop.body = [*self.wrapped([takes]), leaves, sets, *last.body]
            on_lines(loop, last.lineno, last.end_lineno)
            begins = self.wrapped([begins]) if self.kind == "lock" else [begins]
            statements[last_at : last_at + 1] = [*begins, loop]
        else:
            field = "subject" if isinstance(last, ast.Match) else "test"
            takes = assigned(getattr(last, field))
            setattr(last, field, ast.Name(value, ast.Load()))
            statements[first_at:last_at] = self.wrapped([*before, takes])


class Both(Around):
    """Puts one thing around another around a place."""

    def __init__(self, outer, inner):
        self.outer, self.inner = outer, inner
        self.kind = "both"

    def wrapped(self, statements):
        return self.outer.wrapped(self.inner.wrapped(statements))


def in_lambda(tree, lines):
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and all(covers(node, line) for line in lines)
    ]
    return found[-1] if found else None


def around_locks(tree, where):
    """The outermost `with` that has the place in it, in the same function; the place if there is none."""
    found = where

    def visit(statements, outermost):
        nonlocal found
        for statement in statements:
            if isinstance(statement, (ast.With, ast.AsyncWith)):
                own = outermost or Place(statements, statement, statement, [])
            else:
                own = outermost
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                own = None
            for inner in blocks_of(statement):
                if inner is where.statements and own:
                    found = own
                visit(inner, own)

    visit(tree.body, None)
    return found


def yields(where):
    """Whether a generator yields there: the lock would be held while another thread resumes it."""
    first, last = where.at()
    nodes = list(where.statements[first : last + 1])
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            nodes.extend(ast.iter_child_nodes(node))
    return False


def locked(tree, groups, outermost=False):
    """The lines of each group (of a thread) exclude those of the others. With `outermost`, also the locks
    in which they are, so that none is taken in another order. Returns whether that can be."""
    places = []
    for lines, function in groups:
        if function.endswith("<lambda>") and (found := in_lambda(tree, lines)):
            (call,) = code("_judge_held(lambda: 0)")
            call.value.args[0].body = found.body
            found.body = call.value
            continue
        one = place(tree, lines)
        if one is None or yields(one):
            return False
        places.append(around_locks(tree, one) if outermost else one)
    merged = []
    for one in places:
        for other in merged:
            if one.overlaps(other):
                indexes = [*one.at(), *other.at()]
                last = one.statements[max(indexes)]
                both = [each for each in (one, other) if each.last is last]
                other.first, other.last = one.statements[min(indexes)], last
                other.only_head = all(each.only_head for each in both)
                break
        else:
            merged.append(one)
    for one in merged:
        Around("lock").put(one)
    return True


def ordered(tree, waits, sets, nth=None, times=1, outermost=False, sets_inside=False):
    """What waits: a line, its function, and a thread's name, or `None` for any. What it waits for:
    the same. With `nth`, only that pass of the line waits; it waits until the other thread has been there so
    many `times`. With `outermost`, no lock is held meanwhile. With `sets_inside`, what is awaited is the step
    itself, not the lock around it. Returns whether that can be."""
    (*one, waiting), (*other, setting) = waits, sets
    Around.numbers += 1
    key = Around.numbers
    arounds = {"wait": Around("wait", key, waiting, nth, times), "set": Around("set", key, setting)}
    alone = {}
    for (line, function), kind in ((one, "wait"), (other, "set")):
        if function.endswith("<lambda>") and (found := in_lambda(tree, [line])):
            call = code(arounds[kind].call)[0].value
            both = [call, found.body] if kind == "wait" else [found.body, call]
            made = ast.Tuple(both, ast.Load())
            found.body = ast.Subscript(made, ast.Constant(both.index(call) ^ 1), ast.Load())
            alone[kind] = True
    places = [
        place(tree, [line]) if line is not None else Run(name)
        for (line, _), name in ((one, waiting), (other, setting))
    ]
    if None in places:
        return False
    if outermost and isinstance(places[0], Place):
        places[0] = around_locks(tree, places[0])
    if outermost and not sets_inside and isinstance(places[1], Place):
        places[1] = around_locks(tree, places[1])
    for index, (where, kind) in enumerate(zip(places, ("wait", "set"))):
        if isinstance(where, Run):
            if where.name is None:
                return False
            tree.runs = getattr(tree, "runs", {})
            both = list(tree.runs.get(where.name, (None, None)))
            both[index] = arounds[kind].arguments
            tree.runs[where.name] = tuple(both)
            alone[kind] = True
    if alone:
        for where, kind in zip(places, ("wait", "set")):
            if kind not in alone:
                arounds[kind].put(where)
    elif places[0].key() == places[1].key():
        # The same statement, by two threads.
        Both(arounds["wait"], arounds["set"]).put(places[0])
    else:
        # First what replaces no statement.
        arounds["wait"].put(places[0])
        arounds["set"].put(places[1])
    return True


def own_frames(step, script):
    frames = step["stack"] or []
    return [frame for frame in frames if frame["file"].endswith(script) and not frame["library"]]


def function_of(tree, line):
    """The innermost function that has the line."""
    found = None
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and covers(node, line):
            if found is None or node.lineno >= found.lineno:
                found = node
    return found


def group(tree, steps, script):
    """The lines at which the innermost function stands that all steps are in, and its name."""
    stacks = [own_frames(step, script)[::-1] for step in steps]
    stacks = [stack for stack in stacks if stack]
    if not stacks:
        return None
    depth = 0
    while all(len(stack) > depth + 1 for stack in stacks) and len({(s[depth]["line"], s[depth]["function"]) for s in stacks}) == 1:
        depth += 1
    # Functions of one name may be several: a property's.
    key = lambda frame: (frame["function"], function_of(tree, frame["line"]))
    while depth > 0 and len({key(stack[depth]) for stack in stacks}) > 1:
        depth -= 1
    return [stack[depth]["line"] for stack in stacks], stacks[0][depth]["function"]


def spot(step, script):
    """The line of the program's own at which a step was taken, and its function."""
    frames = own_frames(step, script)
    if frames:
        return frames[0]["line"], frames[0]["function"]
    known = (step["file"] or "").endswith(script) and step["line"]
    return (step["line"], step["function"] or "") if known else None


def is_access(step):
    return step["operation"] in ("read", "write")


def conflicts(one, other):
    return (
        one["object"] is not None
        and one["object"] == other["object"]
        and one["thread"] != other["thread"]
        and "write" in (one["operation"], other["operation"])
    )


def made_of(text, changes):
    """The program with some changes, each a function and its arguments; `None` if that cannot be."""
    return made_with_lines(text, changes)[0]


def made_with_lines(text, changes):
    """The same, and the line of the program's own for each of its lines that has one."""
    tree = ast.parse(text)
    try:
        if not all(make(tree, *arguments) for make, *arguments in changes):
            return None, {}
        made = whole(tree)
        compile(made, "made", "exec")
    except (SyntaxError, RecursionError, StopIteration):
        return None, {}
    lines = {}
    for node, again in zip(ast.walk(tree), ast.walk(ast.parse(made))):
        if type(node) is not type(again):
            break
        if getattr(node, "lineno", -1) > 0:
            lines.setdefault(again.lineno, node.lineno)
    return made, lines


def as_of_program(finding, lines):
    """A finding of a program that was made, with the lines of the one that it was made of."""

    def own(frames):
        return [
            {**frame, "line": lines.get(frame["line"], frame["line"])}
            for frame in frames or []
            if frame["library"] or frame["line"] in lines
        ]

    def place(text):
        name, _, line = (text or "").rpartition(":")
        return f"{name}:{lines[int(line)]}" if line and int(line) in lines else None

    steps = [
        {**step, "line": lines.get(step["line"]), "stack": step["stack"] and own(step["stack"])}
        for step in finding["steps"]
    ]
    finding = {**finding, "steps": steps}
    if finding["deadlock"]:
        threads = []
        for thread in finding["deadlock"]["threads"]:
            holds = [{**held, "taken_at": place(held["taken_at"])} for held in thread["holds"]]
            holds = [held for held in holds if held["taken_at"]]
            stack = own(thread["stack"])
            threads.append({**thread, "place": place(thread["place"]), "holds": holds, "stack": stack})
        finding["deadlock"] = {**finding["deadlock"], "threads": threads}
    return finding


class Judge:
    def __init__(self, text, script, finding):
        self.text, self.script, self.finding = text, script, finding
        self.tree = ast.parse(self.text)
        self.repairs, self.controls = {}, {}
        # How each of the repairs is made.
        self.changes = {}
        self.known = {ast.unparse(self.tree)}

    def add(self, programs, name, *change):
        if programs is self.repairs:
            self.changes[name] = change
        # The changes of one program are numbered from 1: the same ones are the same text.
        Around.numbers = 0
        made = made_of(self.text, [change])
        if made and made not in self.known:
            self.known.add(made)
            programs[name] = made

    def passes(self, step):
        """How often its thread had come to a step's line and done the same there before, and then once more."""
        here = spot(step, self.script)
        same = lambda one: all(one[key] == step[key] for key in ("thread", "operation", "variable"))
        before = self.finding["steps"][: step["step"]]
        return 1 + sum(same(one) and spot(one, self.script) == here for one in before)

    def cause(self, cause):
        steps, names = self.finding["steps"], self.finding["threads"]
        named = [steps[number] for number in cause["steps"]]
        pairs = []
        for pair in (cause, cause["opposite"]):
            if pair is None:
                continue
            second = pair["second"]
            if second is not None:
                second = steps[second]
            else:
                # It is a step that a thread waits to take for ever.
                thread = self.finding["deadlock"]["threads"][pair["waiting"]]
                second = self.awaited(thread, len(steps) + len(named))
                named.append(second)
            pairs.append([steps[pair["first"]], second])
        threads = {step["thread"] for step in named}
        groups = []
        for thread in sorted(threads):
            own = [step for step in named if step["thread"] == thread]
            found = group(self.tree, own, self.script)
            if found:
                groups.append(found)
        if len(groups) == len(threads) == 2:
            self.add(self.repairs, "locked", locked, groups)
            self.add(self.repairs, "locked with their locks", locked, groups, True)
        for number, (first, second) in enumerate(pairs):
            self.order("repairs", f"ordered {number}", first, second)
        objects = {step["object"] for step in named}
        self.named_lines = {frame["line"] for step in named for frame in own_frames(step, self.script)}
        self.others(steps, named, objects, pairs)

    def awaited(self, thread, number):
        line = int(thread["place"].rsplit(":", 1)[1]) if thread["place"] else None
        stack = thread["stack"]
        own = [frame for frame in stack if not frame["library"]]
        return {
            "step": number,
            "thread": self.finding["threads"].index(thread["name"]),
            "operation": "wait",
            "object": None,
            "variable": None,
            "file": self.script,
            "line": line,
            "function": own[0]["function"] if own else "",
            "stack": stack,
        }

    def spot(self, step):
        """Where a step was taken, as `spot` says. Without a line: it is of a thread that takes none in the program."""
        found = spot(step, self.script)
        if found is None and all(
            spot(one, self.script) is None
            for one in self.finding["steps"]
            if one["thread"] == step["thread"]
        ):
            return None, ""
        return found

    def outside_locks(self, step):
        """Where its thread had not yet taken the outermost lock that it holds at a step, and where it still
        holds that: lines and their functions. The function that took it may have been left for another,
        as that which a function of the library calls."""
        held = []
        for one in self.finding["steps"][: step["step"]]:
            if one["thread"] != step["thread"] or one["timed_out"]:
                continue
            if one["operation"] in ("acquire", "try_acquire"):
                held.append(one)
            elif one["operation"] == "release":
                same = [taken for taken in held if taken["object"] == one["object"]]
                if same:
                    held.remove(same[-1])
        for taken in held:
            took = spot(taken, self.script)
            frames = own_frames(step, self.script)
            inside = [frame["line"] for frame in frames if took and frame["function"] == took[1]]
            if inside:
                return took, (inside[-1], took[1])
        return self.spot(step), self.spot(step)

    def order(self, programs, name, first, second):
        """The first step waits for the second one."""
        programs = getattr(self, programs)
        one, other = self.spot(first), self.spot(second)
        if one is None or other is None:
            return
        names = self.finding["threads"]
        by_name = (*one, names[first["thread"]]), (*other, names[second["thread"]])
        self.add(programs, f"{name}, by name", ordered, *by_name)
        # Threads of a pool are not always the same ones.
        self.add(programs, f"{name}, by any other", ordered, (*one, None), (*other, None))
        outer = self.outside_locks(first)[0], self.outside_locks(second)[1]
        outer = [(*where, thread[-1]) for where, thread in zip(outer, by_name)]
        self.add(programs, f"{name}, with their locks", ordered, *outer, None, 1, True)
        outer[1] = by_name[1]
        self.add(programs, f"{name}, with the first one's locks", ordered, *outer, None, 1, True, True)
        # Exactly these two, of lines that the threads come to several times.
        nth, times = self.passes(first), self.passes(second)
        if (nth, times) != (1, 1):
            self.add(programs, f"{name}, exactly", ordered, *by_name, nth, times)

    def others(self, steps, named, objects, pairs):
        """Other accesses of the same two threads that conflict."""
        pair = pairs[0]

        def reverses_told(c, d):
            """Whether an order of these in which `d` comes first is one of what is named, too."""
            return any(
                c["thread"] == a["thread"]
                and d["thread"] == b["thread"]
                and c["step"] <= a["step"]
                and b["step"] <= d["step"]
                for a, b in pairs
            )

        one, two = pair[0]["thread"], pair[1]["thread"]
        first, second = pair[0]["step"], pair[1]["step"]
        accesses = [
            step
            for step in steps
            if is_access(step) and step["object"] not in objects and spot(step, self.script)
        ]
        # Within what is named of each thread: the accesses to each other object, as one.
        within = {}
        for thread in (one, two):
            own = [step["step"] for step in named if step["thread"] == thread]
            for step in accesses:
                if step["thread"] == thread and min(own) <= step["step"] <= max(own):
                    within.setdefault(step["object"], {}).setdefault(thread, []).append(step)
        found = []
        for by_thread in within.values():
            if len(by_thread) == 2:
                everything = [step for of_thread in by_thread.values() for step in of_thread]
                if any(step["operation"] == "write" for step in everything):
                    found.append(by_thread.values())
        for number, of_threads in enumerate(found[:MOST]):
            inner = []
            for of_thread in of_threads:
                functions = {step["function"] for step in of_thread}
                if len(functions) == 1:
                    inner.append(([step["line"] for step in of_thread], functions.pop()))
            if len(inner) == 2 and not any(self.surrounds(lines) for lines, _ in inner):
                self.add(self.controls, f"within {number}", locked, inner)
        # The same without one of the things that are named.
        for number, left_out in enumerate(sorted(objects, key=str) if len(objects) > 1 else []):
            inner = []
            for thread in (one, two):
                own = [step["step"] for step in named if step["thread"] == thread]
                kept = [step for step in named if step["thread"] == thread]
                kept += [step for step in accesses if step["thread"] == thread]
                kept = [
                    step
                    for step in kept
                    if step["object"] != left_out and min(own) <= step["step"] <= max(own)
                ]
                if len({step["function"] for step in kept}) == 1:
                    inner.append(([step["line"] for step in kept], kept[0]["function"]))
            lines_left_out = {
                frame["line"]
                for step in named
                if step["object"] == left_out
                for frame in own_frames(step, self.script)
            }
            if len(inner) == 2 and not any(self.surrounds(one, lines_left_out) for one, _ in inner):
                self.add(self.controls, f"without {number}", locked, inner)
        # If the named order is reversed, these are, too.
        inside = [
            (c, d)
            for c in accesses
            for d in accesses
            if c["thread"] == one
            and d["thread"] == two
            and first <= c["step"] < d["step"] <= second
            and conflicts(c, d)
            and not any(self.surrounds([step["line"]]) for step in (c, d))
        ]
        inside.sort(key=lambda both: both[1]["step"] - both[0]["step"])
        if not all(map(is_access, pair)):
            # No access at all: any that decides would be the better one.
            inside += [
                (c, d)
                for c in accesses
                for d in accesses
                if c["step"] < d["step"]
                and conflicts(c, d)
                and (c, d) not in inside
                and not reverses_told(c, d)
                and not any(self.surrounds([step["line"]]) for step in (c, d))
            ]
        for number, (c, d) in enumerate(inside[:MOST]):
            self.order("controls", f"inside {number}", c, d)
        # Any two steps in there: that the two conflict may not be known.
        nearer = [
            (c, d)
            for c in accesses
            for d in accesses
            if c["thread"] == one
            and d["thread"] == two
            and first <= c["step"]
            and d["step"] <= second
            and (c, d) not in inside
            and not any(self.surrounds([step["line"]]) for step in (c, d))
        ]
        nearer.sort(key=lambda both: (-both[1]["step"], both[0]["step"]))
        seen = set()
        for c, d in nearer:
            lines = c["line"], d["line"]
            if lines not in seen and len(seen) < MOST:
                seen.add(lines)
                self.order("controls", f"nearer {len(seen)}", c, d)
        # Any others, each line by itself.
        apart = {}
        for step in accesses:
            apart.setdefault(step["object"], {}).setdefault(step["thread"], step)
        apart = [list(of.values())[:2] for of in apart.values() if len(of) > 1]
        for number, both in enumerate(apart[:MOST]):
            lines = [([step["line"]], step["function"]) for step in both]
            if not any(self.surrounds(one) for one, _ in lines):
                self.add(self.controls, f"another {number}", locked, lines)

    def surrounds(self, lines, named_lines=None):
        """Whether the place that has these lines has a step in it that is named, or a call that leads to one."""
        named_lines = self.named_lines if named_lines is None else named_lines
        where = place(self.tree, lines)
        if where is None:
            return True
        inside = range(where.first.lineno, where.last.end_lineno + 1)
        if where.only_head:
            inside = [*range(where.first.lineno, where.last.lineno), *head(where.last)]
        return any(line in inside for line in named_lines)

    def deadlock(self, deadlock):
        groups = []
        for index in deadlock["chain"]:
            thread = deadlock["threads"][index]
            lines = [int(thread["place"].rsplit(":", 1)[1])] if thread["place"] else []
            lines += [int(held["taken_at"].rsplit(":", 1)[1]) for held in thread["holds"]]
            if lines:
                groups.append((lines, ""))
        self.add(self.repairs, "locked", locked, groups)
        # What one of them holds while it waits was taken before the other came to wait for it: where
        # it waits for that one to end, no lock around both helps.
        number = 0
        for index in deadlock["chain"]:
            waiting = deadlock["threads"][index]
            for holder in (deadlock["threads"][index] for index in deadlock["chain"]):
                if waiting["holder"] != holder["name"] or not waiting["place"]:
                    continue
                for held in holder["holds"]:
                    if held["lock"] == waiting["waits_for"]:
                        lines = [int(at.rsplit(":", 1)[1]) for at in (held["taken_at"], waiting["place"])]
                        names = holder["name"], waiting["name"]
                        spots = [(line, "", name) for line, name in zip(lines, names)]
                        self.add(self.repairs, f"ordered {number}", ordered, *spots)
                        number += 1

    def programs(self):
        cause, deadlock = self.finding["cause"], self.finding["deadlock"]
        if cause and cause["first"] is not None:
            self.cause(cause)
        elif deadlock and deadlock["chain"]:
            self.deadlock(deadlock)
        return self


def judged(task):
    judges = [Judge(task["text"], task["script"], task["finding"]).programs()]
    apart = {}
    for number, finding in enumerate(task["others"]):
        if "made" in finding:
            Around.numbers = 0
            _, lines = made_with_lines(task["text"], [judges[0].changes[finding["made"]]])
            finding = as_of_program(finding, lines)
        judge = Judge(task["text"], task["script"], finding).programs()
        known = [one.repairs for one in judges]
        if judge.repairs and judge.repairs not in known:
            judges.append(judge)
            apart |= {f"{number}: {name}": made for name, made in judge.repairs.items()}
    together = {}
    for name, change in judges[0].changes.items():
        if len(judges) > 1 and all(name in judge.changes for judge in judges):
            Around.numbers = 0
            made = made_of(task["text"], [judge.changes[name] for judge in judges])
            if made and made not in together.values():
                together[name] = made
    return {
        "repairs": judges[0].repairs,
        "controls": judges[0].controls,
        "together": together,
        "apart": apart,
    }


json.dump(judged(json.load(sys.stdin)), sys.stdout)
