"""Random programs over what the fast tier compiles: loops, integers, floats, truth values, ranges.

    generate.py SEED FUNCTIONS [calls]

writes a script that calls each of its functions with several arguments and prints what they return,
or where and with which exception they end. All Pythons have to print the same.

With `calls` the functions use attributes, items and what dicts have under names, loop over pairs,
take locks, call small functions and built-in ones, also with keywords, read and bind global variables
and attributes, loop over ranges of computed bounds, and change all of these while they run: variables, functions, their code and their defaults, classes,
built-in functions. What is printed has whole tracebacks then.
"""

import random
import sys

INTS = [
    0, 1, -1, 2, -2, 3, 5, 7, -7, 10, 63, 64, 255, 256, 257, -5, -6, 1000003,
    2**31 - 1, 2**31, -(2**31), 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**62 - 1, 2**62, -(2**62),
    2**63 - 2, 2**63 - 1, -(2**63), -(2**63) + 1, 2**63, -(2**63) - 1, 2**64, 2**70,
]
FLOATS = [
    "0.0", "-0.0", "0.5", "-0.5", "1.0", "-1.5", "2.5", "3.0", "1e16", "-1e16", "9007199254740993.0",
    "1e308", "-1e308", "5e-324", "9.223372036854775807e18", "NAN", "INF", "-INF",
]
NAMES = ["a", "b", "c", "x", "y", "z", "u"]
KINDS = {"a": "int", "b": "int", "c": "float", "x": "int", "y": "float", "z": "int", "u": "bool"}
COMPARE = ["<", "<=", "==", "!=", ">", ">="]
LIMIT = 2**62


class Function:
    calls = False
    recursive = ()
    # Inside of what a lock guards.
    holds = False
    # The functions whose last argument can only be given by keyword.
    keyword = {"f"}

    def __init__(self, rng, name):
        self.rng = rng
        self.name = name
        self.lines = []
        self.loops = 0
        self.statements = 0

    def line(self, depth, text):
        self.lines.append("    " * depth + text)

    def constant(self, kind=None):
        rng = self.rng
        kind = kind or rng.choice(["int", "int", "float", "bool"])
        if rng.random() < 0.004:
            return "None"
        if kind == "int":
            return repr(rng.choice([value for value in INTS if -(2**63) < value < 2**63]))
        if kind == "float":
            return rng.choice([value for value in FLOATS if "N" not in value])
        return rng.choice(["True", "False"])

    def atom(self, kind=None):
        """A variable or a constant, of this kind as long as the program has not changed that."""
        rng = self.rng
        if rng.random() < 0.03:
            kind = None
        if self.calls and rng.random() < 0.1:
            return self.part(kind)
        if self.calls and rng.random() < 0.12:
            return {"int": rng.choice("GK"), "float": "H", "bool": "B", None: "G"}[kind]
        names = [name for name in self.readable if kind in (None, KINDS.get(name, "int"))]
        if names and rng.random() < 0.75:
            return rng.choice(names)
        value = self.constant(kind)
        return f"({value})" if value.startswith("-") else value

    def divisor(self, kind):
        rng = self.rng
        if rng.random() < 0.04:
            return self.atom(kind)
        if kind == "float":
            return rng.choice(["2.0", "0.5", "(-3.5)", "1e300", "7", "(-2)"])
        return rng.choice(["7", "(-7)", "3", "1000003", "(-1)", "2", f"({self.atom('int')} | 1)"])

    def expression(self, depth=0, kind=None):
        kind = kind or self.rng.choice(["int", "int", "int", "float", "float", "bool"])
        if self.rng.random() < 0.02:
            kind = self.rng.choice(["int", "float", "bool"])
        if self.calls and depth < 3 and self.rng.random() < 0.14:
            return self.call(depth + 1, kind)
        if depth > 2 or self.rng.random() < 0.2:
            return self.atom(kind)
        return getattr(self, kind)(depth + 1)

    def part(self, kind):
        """An attribute or an item."""
        rng = self.rng
        kind = kind or rng.choice(["int", "float", "bool"])
        index = rng.choice(["0", "1", "-1", f"{rng.choice(self.readable)} & 3", "i & 1", "7", "True"])
        if "i &" in index and "i1" in self.readable:
            index = index.replace("i &", "i1 &")
        elif "i &" in index:
            index = "-2"
        choices = {
            "int": [f"L[{index}]", f"Y[{index}]", f"l[{index}]", "len(L)", "o.n", "O.n", "P.n", "O.r", "o.p", "O.k", "T[1]", "len(T)", "D['n']", "d['n']", "E['n']", "E['d']['n']"],
            "float": [f"F[{index}]", f"A[{index}]", "o.v", "O.m()", f"O.m({rng.choice(self.readable)})", "T[0]", "P.v", "O.a()", f"P.a(x={rng.choice(self.readable)})", "D['v']", "d['v']", "E['v']"],
            "bool": ["o.b", f"M[{index}]", "O.k", "E['b']"],
        }
        choice = rng.choice(choices[kind])
        return choice if self.can_change else choice.replace("l[", "L[").replace("o.", "O.").replace("d[", "D[")

    def call(self, depth, kind):
        """Of a function or a built-in one."""
        rng = self.rng
        if rng.random() < 0.2 and self.recursive:
            name = rng.choice(self.recursive)
            deep = f"{self.expression(depth, 'int')} & {rng.choice(['3', '7'])}"
            return f"{name}({deep}, {self.expression(depth)}{rng.choice(['', ', 2', ', z=0.5', ', True'])})"
        if rng.random() < 0.55 and self.callees:
            name, count, least = rng.choice(self.callees)
            if rng.random() < 0.98:
                count = rng.choice([count, least])
            else:
                count = rng.choice([0, 1, 4])
            names = "xyz"[:count] if rng.random() < 0.98 else "xyw"
            if count in (2, 3) and (rng.random() < 0.3 or name in self.keyword):
                # The last ones by keyword, in any order.
                first = rng.choice([0, 1, 2])
                given = [self.expression(depth) for _ in range(first)]
                named = [f"{one}={self.expression(depth)}" for one in names[first:]]
                rng.shuffle(named)
                return f"{name}({', '.join(given + named)})"
            return f"{name}({', '.join(self.expression(depth) for _ in range(count))})"
        one = lambda: self.expression(depth, kind)
        if kind == "bool":
            return f"bool({self.expression(depth)})"
        choice = rng.random()
        if choice < 0.3:
            return f"abs({one()})"
        if choice < 0.7:
            more = f", {one()}" if rng.random() < 0.3 else ""
            return f"{rng.choice(['min', 'max'])}({one()}, {one()}{more})"
        return f"{kind}({self.expression(depth)})"

    def int(self, depth):
        rng = self.rng
        either = lambda: self.expression(depth, rng.choice(["int", "int", "int", "int", "bool"]))
        kind = rng.random()
        if kind < 0.55:
            return f"({either()} {rng.choice(['+', '-', '*', '+', '-', '&', '|', '^'])} {either()})"
        if kind < 0.7:
            return f"({either()} {rng.choice(['//', '%'])} {self.divisor('int')})"
        if kind < 0.76:
            return f"({either()} << ({self.atom('int')} & {rng.choice(['3', '15', '63'])}))"
        if kind < 0.82:
            return f"({either()} >> {rng.choice(['(' + self.atom('int') + ' & 31)', '3', '70', '1'])})"
        if kind < 0.86:
            return f"(({self.atom('int')} % 11) ** {rng.choice(['0', '1', '2', '3', '20'])})"
        if kind < 0.92:
            return f"({rng.choice(['-', '+', '~'])}{self.expression(depth, 'int')})"
        word = rng.choice(["and", "or"])
        return f"({either()} {word} {either()})"

    def float(self, depth):
        rng = self.rng
        either = lambda: self.expression(depth, rng.choice(["float", "float", "float", "int", "bool"]))
        kind = rng.random()
        if kind < 0.6:
            return f"({self.expression(depth, 'float')} {rng.choice('+-*')} {either()})"
        if kind < 0.7:
            op = rng.choice(["//", "%", "/"])
            return f"({self.expression(depth, 'float')} {op} {self.divisor('float')})"
        if kind < 0.8:
            return f"({either()} / {self.divisor('int')})"
        if kind < 0.85:
            return f"(({self.atom('float')} % 11) ** {rng.choice(['0', '1', '2', '3', '0.5', '20'])})"
        if kind < 0.92:
            return f"(-{self.expression(depth, 'float')})"
        word = rng.choice(["and", "or"])
        return f"({either()} {word} {either()})"

    def bool(self, depth):
        return self.condition(depth)

    def condition(self, depth=0):
        rng = self.rng
        kind = rng.random()
        number = lambda: self.expression(depth + 1, rng.choice(["int", "int", "float", "bool"]))
        left, right = number(), number()
        if kind < 0.6:
            return f"({left} {rng.choice(COMPARE)} {right})"
        if kind < 0.75:
            middle = self.atom()
            return f"({left} {rng.choice(COMPARE)} {middle} {rng.choice(COMPARE)} {right})"
        if kind < 0.82:
            return f"(not {left})"
        if kind < 0.86:
            return f"({self.atom()} is {rng.choice(['', 'not '])}None)"
        if kind < 0.92:
            return f"({self.atom('bool')} {rng.choice('&|^')} {self.expression(depth + 1, 'bool')})"
        return f"({left} {rng.choice(['and', 'or'])} {right})"

    def small(self, depth, name):
        """Keeps a variable from growing without bound."""
        self.line(depth, f"if {name} is not None and ({name} > {LIMIT} or {name} < -{LIMIT}):")
        values = {"int": ["3", "-2", "7"], "float": ["0.5", "-2.5"], "bool": ["True"]}
        self.line(depth + 1, f"{name} = {self.rng.choice(values[KINDS[name]])}")

    def value(self, name, depth=0):
        kind = KINDS[name] if self.rng.random() < 0.93 else None
        return self.expression(depth, kind)

    def assign(self, depth):
        rng = self.rng
        name = rng.choice(NAMES)
        kind = rng.random()
        if kind < 0.3 and KINDS[name] != "bool":
            if KINDS[name] == "int":
                op = rng.choice(["+", "-", "*", "+", "-", "&", "|", "^"])
            else:
                op = rng.choice(["+", "-", "*"])
            self.line(depth, f"{name} {op}= {self.value(name, 1)}")
        elif kind < 0.36 and KINDS[name] != "bool":
            op = rng.choice(["//", "%"])
            self.line(depth, f"{name} {op}= {self.divisor(KINDS[name])}")
        elif kind < 0.45:
            other = rng.choice(NAMES)
            self.line(depth, f"{name}, {other} = {self.value(name, 1)}, {self.value(other, 1)}")
            if other != name:
                self.small(depth, other)
        elif kind < 0.5:
            other = rng.choice(NAMES)
            self.line(depth, f"{name} = {other} = {self.value(name, 1)}")
            self.small(depth, other)
        elif kind < 0.56:
            text = f"{self.value(name, 1)} if {self.condition(1)} else {self.atom(KINDS[name])}"
            self.line(depth, f"{name} = {text}")
        else:
            self.line(depth, f"{name} = {self.value(name)}")
        self.small(depth, name)

    def change(self, depth):
        """Changes something that loops rely on, or looks at the frames."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.3:
            name = rng.choice("GKHB")
            values = {"H": "float", "B": "bool"}
            self.line(depth, f"{name} = {self.expression(1, values.get(name, 'int'))}")
            self.line(depth, f"if {name} is not None and not -LIMIT < {name} < LIMIT: {name} = 1")
        elif kind < 0.55:
            self.line(depth, "PEEK()")
        else:
            turn = f"if {self.condition(1)}: " if rng.random() < 0.5 else ""
            self.line(depth, f"{turn}CHANGE({rng.randrange(48)})")

    def bind(self, depth, name):
        """Binds a global variable or an attribute."""
        rng = self.rng
        kind = {"G": "int", "K": "int", "B": "bool", "n": "int", "b": "bool", "0": "int"}.get(name.rstrip("']")[-1], "float")
        op = rng.choice(["=", "+=", "-="]) if kind != "bool" else "="
        self.line(depth, f"{name} {op} {self.expression(1, kind)}")
        if rng.random() < 0.9:
            self.line(depth, f"if {name} is not None and not -LIMIT < {name} < LIMIT: {name} = 1")

    def statement(self, depth, in_loop, level):
        rng = self.rng
        self.statements += 1
        if self.calls and rng.random() < 0.05 and self.can_change:
            self.change(depth)
            return
        if self.calls and rng.random() < 0.08 and self.can_change:
            if self.shares and rng.random() < 0.4:
                self.bind(depth, rng.choice(["e0", "e1"]))
                return
            self.bind(depth, rng.choice(["o.n", "O.n", "P.n", "o.v", "O.b", "P.v", "o.w", "G", "K", "H", "B", "D['n']", "d['n']", "E['n']", "E['v']", "E['d']['n']", "E['w']"]))
            return
        if self.calls and rng.random() < 0.06 and self.can_change:
            self.lists(depth)
            return
        if self.calls and rng.random() < 0.07 and self.can_change:
            name = rng.choice(["L", "l", "F", "M", "A", "Y"])
            index = rng.choice(["0", "1", "-1", f"{rng.choice(self.readable)} & 3", "5"])
            op = rng.choice(["=", "=", "+=", "-="])
            value = self.expression(2, "float" if name in "FA" else "int")
            if name == "Y":
                value = f"({value}) & 127"
            if rng.random() < 0.1:
                self.line(depth, "x, y = T" if rng.random() < 0.5 else "o.n = x")
            else:
                self.line(depth, f"{name}[{index}] {op} {value}")
                self.line(depth, f"if not -LIMIT < {name}[{index}] < LIMIT: {name}[{index}] = 1")
            return
        if self.calls and rng.random() < 0.05 and self.can_change and not self.holds:
            self.lock(depth, in_loop, level)
            return
        kind = rng.random()
        if kind < 0.62 or self.statements > 14:
            self.assign(depth)
        elif kind < 0.78:
            self.line(depth, f"if {self.condition()}:")
            self.block(depth + 1, in_loop, level)
            if rng.random() < 0.5:
                self.line(depth, "else:")
                self.block(depth + 1, in_loop, level)
        elif kind < 0.83 and in_loop:
            self.line(depth, f"if {self.condition()}:")
            self.line(depth + 1, rng.choice(["break", "continue"]))
        elif kind < 0.88:
            self.line(depth, "try:")
            self.block(depth + 1, in_loop, level)
            self.line(depth, "except (ArithmeticError, TypeError, ValueError) as error:")
            self.line(depth + 1, "LOG.append((type(error).__name__, error.__traceback__.tb_lineno - LINE))")
            self.assign(depth + 1)
        elif level < 3:
            self.loop(depth, level + 1)
        else:
            self.assign(depth)

    def block(self, depth, in_loop, level):
        for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
            self.statement(depth, in_loop, level)

    def loop(self, depth, level):
        rng = self.rng
        self.loops += 1
        index = f"i{self.loops}"
        turns = {1: rng.choice([3, 8, 20, 40]), 2: rng.choice([2, 4, 6]), 3: 3}[level]
        saved = list(self.readable)
        if self.calls and rng.random() < 0.2:
            # Over a copy, unless what the loop does to it cannot go on for ever.
            items = rng.choice(["L[:]", "F[:9]", "M[:]", "T", "m[:9]", "iter(L[:])", "reversed(l[:9])", "L"])
            if rng.random() < 0.4:
                self.pairs(depth, index, items)
            else:
                self.line(depth, f"for {index} in {items}:")
            if items == "L":
                self.line(depth + 1, "if len(L) > 50: break")
        elif rng.random() < 0.5:
            start = rng.choice([0, 0, 1, -3, 10, 2**62, 2**63 - 40, -(2**63)])
            step = rng.choice([1, 1, 1, 2, -1, 3, -7])
            if not -(2**63) <= start + step * turns < 2**63:
                step = -step
            stop = start + step * turns
            given = f"{start}, {stop}, {step}" if rng.random() < 0.8 or start or step != 1 else stop
            if self.calls and rng.random() < 0.6:
                given = self.bounds()
            self.line(depth, f"for {index} in range({given}):")
        else:
            self.line(depth, f"{index} = 0")
            more = f" and {self.condition(1)}" if rng.random() < 0.2 else ""
            self.line(depth, f"while {index} < {turns}{more}:")
            self.line(depth + 1, f"{index} += 1")
        self.readable.append(index)
        self.block(depth + 1, True, level)
        if rng.random() < 0.5:
            self.block(depth + 1, True, level)
        self.readable = saved
        if rng.random() < 0.15:
            self.line(depth, "else:")
            self.assign(depth + 1)

    def pairs(self, depth, index, items):
        """A loop over an `enumerate`, or a `zip` of two, which may share an iterator."""
        rng = self.rng
        other = f"j{self.loops}"
        second = rng.choice(["L[:3]", "F[:]", "M[:]", "range(5)", "T", "m[:4]", "range(3, -9, -2)", "A", "iter(l[:3])"])
        kind = rng.random()
        if kind < 0.45:
            start = rng.choice(["", "", ", 1", f", {2**63 - 3}", f", -2", ", start=7"])
            given = f"enumerate({items}{start})"
        elif kind < 0.8:
            given = f"zip({items}, {second})"
        elif kind < 0.9:
            self.line(depth, f"s{self.loops} = iter({rng.choice([items, second])})")
            one = f"s{self.loops}"
            given = rng.choice([f"zip({one}, {one})", f"zip({second}, {one})", f"zip({one}, {second})", f"enumerate({one})"])
        else:
            given = rng.choice([f"zip({items}, {second}, strict=True)", f"zip({items}, {second}, M)", f"enumerate(zip({items}, M))"])
        names = [index, other] if rng.random() < 0.8 else [other, index]
        if "M)" in given:
            names = ["*" + names[0], names[1]]
            if names[0] == "*" + index:
                self.line(depth, f"for {', '.join(names)} in {given}:")
                self.line(depth + 1, f"{index} = len({index})")
                return
        self.line(depth, f"for {', '.join(names)} in {given}:")
        if rng.random() < 0.2:
            self.line(depth + 1, f"x = {other}" if not names[0].startswith("*") else "x = 2")
        if " = iter" in self.lines[-2] and rng.random() < 0.5:
            self.line(depth + 1, f"LOG.append(next({one}, 'over'))")

    def bounds(self):
        """Of a short range: computed."""
        rng = self.rng
        one = self.atom("int")
        return rng.choice([
            f"{one} & 7",
            f"{one}, {one} + {rng.choice(['5', '9', 'True'])}",
            f"{one}, {one} - 9, -2",
            f"{one}, {one} + 9, 4",
            f"{one} & 7, 5, ({self.atom('int')} & 3) - 1",
            f"{one} % 5",
            f"-({one} & 3), {self.atom('int')} & 3",
        ])

    def make_callee(self, others):
        """A small function: `name(p, q, r=...)`."""
        rng = self.rng
        self.calls, self.can_change = True, False
        self.readable = ["x", "y", "z"]
        self.callees = others
        default = self.constant()
        star = ""
        if rng.random() < 0.3:
            star = "*, "
            self.keyword.add(self.name)
        self.line(0, f"def {self.name}(x, y, {star}z={default}):")
        if rng.random() < 0.25:
            self.line(1, "global G, H")
            for _ in range(rng.choice([1, 1, 2])):
                self.bind(1, rng.choice(["G", "H", "O.n", "O.v", "P.n", "D['n']", "E['v']"]))
        for _ in range(rng.choice([0, 0, 1, 2])):
            kind = rng.random()
            if kind < 0.5:
                name = rng.choice("xyz")
                self.line(1, f"{name} = {self.expression(1, KINDS[name])}")
            elif kind < 0.8:
                self.line(1, f"if {self.condition(1)}:")
                self.line(2, f"return {self.expression(1)}" if rng.random() < 0.9 else "return")
            else:
                self.line(1, f"for i in range({self.bounds()}):")
                name = rng.choice("xyz")
                self.line(2, f"{name} {rng.choice(['+=', '-='])} {self.atom(KINDS[name])}")
                if rng.random() < 0.3:
                    self.line(2, f"if {self.condition(1)}: {rng.choice(['break', 'continue', 'return i'])}")
        if rng.random() < 0.97:
            self.line(1, f"return {self.expression()}")
        else:
            self.line(1, "pass")
        return self.lines

    def make_recursive(self, others):
        """A function that calls itself: `name(y, x, z=...)`, y levels deep."""
        rng = self.rng
        self.calls, self.can_change = True, False
        self.readable = ["x", "y", "z"]
        self.callees = others if rng.random() < 0.4 else []
        self.line(0, f"def {self.name}(y, x, z={self.constant()}):")
        kind = rng.choice(["int", "int", "float"])
        self.line(1, f"if y < {rng.choice([1, 2])}:")
        self.line(2, f"return {self.expression(2, kind)}")
        if rng.random() < 0.3:
            self.line(1, f"if {self.condition(1)}:")
            self.line(2, f"return {self.expression(2, kind)}")
        again = lambda down: f"{self.name}(y - {down}, {self.value('x', 2)}{self.third()})"
        if rng.random() < 0.3:
            self.line(1, f"x = {self.value('x', 1)}")
        op = rng.choice(["+", "-", "*", "+"])
        choice = rng.random()
        if choice < 0.4:
            self.line(1, f"return {again(1)}")
        elif choice < 0.7:
            self.line(1, f"return {again(1)} {op} {self.expression(2, kind)}")
        else:
            self.line(1, f"return {again(1)} {op} {again(2)}")
        return self.lines

    def third(self):
        return self.rng.choice(["", ", z", ", z=z", f", {self.atom('float')}", f", z={self.atom()}"])

    def lock(self, depth, in_loop, level):
        """Something under a lock, which is free before."""
        name, self.holds = self.rng.choice(["Q", "Q", "q"]), True
        if self.rng.random() < 0.2:
            self.line(depth, f"x = {name}.acquire()")
        else:
            self.line(depth, f"{name}.acquire()")
        if self.rng.random() < 0.5:
            # Nothing in between raises, so it is never left held.
            self.line(depth, f"{self.rng.choice(NAMES)} = {self.constant()}")
            self.line(depth, f"{name}.release()")
        else:
            self.line(depth, "try:")
            self.block(depth + 1, in_loop, level)
            self.line(depth, "finally:")
            self.line(depth + 1, f"{name}.release()")
        self.holds = False

    def lists(self, depth):
        """Lists that grow and shrink."""
        rng = self.rng
        name = rng.choice(["L", "l", "F", "M", "m", "m"])
        kind = {"F": "float", "M": "bool"}.get(name, "int")
        choice = rng.random()
        if choice < 0.4:
            self.line(depth, f"{name}.append({self.expression(1, kind)})")
        elif choice < 0.65:
            self.line(depth, f"{rng.choice('xyz')} = {name}.pop()")
        elif choice < 0.75:
            self.line(depth, f"x = len({name})")
        else:
            test = f" if {self.condition(1)}" if rng.random() < 0.5 else ""
            saved, self.readable = self.readable, [*self.readable, "k"]
            value = self.expression(1, kind)
            self.readable = saved
            self.line(depth, f"m = [{value} for k in range({self.bounds()}){test}]")
        if rng.random() < 0.5:
            self.line(depth, f"if len({name}) > 40: {name}.clear()")

    def share(self):
        """Makes the function one inside another, whose variables it shares."""
        rng = self.rng
        names = ["e0", "e1"]
        inner = ["    " + line for line in self.lines]
        body = [
            f"def {self.name}(*arguments):",
            f"    e0, e1 = {self.constant('int')}, {self.constant('float')}",
            "    def e(x, y=2):",
            *(["        nonlocal e0"] if rng.random() < 0.6 else []),
            "        e0 = x if type(x) is int and -LIMIT < x < LIMIT else 3" if rng.random() < 0.6 else "        y = y",
            f"        return {rng.choice(['e1 * y', 'e1', 'e1 + e0', '-e1'])}",
            inner[0],
            "        nonlocal e0, e1",
            *inner[1:],
            f"    result = {self.name}(*arguments)",
            "    if hasattr(result, 'send'): result = list(result)",
            "    return result, e0, e1",
        ]
        self.lines = body

    def make(self):
        rng = self.rng
        self.readable = ["a", "b", "c", "x", "y", "z"]
        if rng.random() < 0.15:
            self.readable.append("u")
        self.line(0, f"def {self.name}(a, b, c):")
        shares = self.calls and rng.random() < 0.25
        if shares:
            self.callees = [*self.callees, ("e", 2, 1), ("e", 2, 1)]
            self.readable += ["e0", "e1"]
        self.shares = shares
        if self.calls:
            self.line(1, "global G, H, K, B")
            self.line(1, "o, l, m, d, q = O, L, [], D, Q")
            if rng.random() < 0.5:
                self.line(1, f"f = {rng.choice(self.callees)[0]}")
                self.callees = [*self.callees, ("f", 3, 2)]
        self.line(1, f"x, y, z = {self.constant('int')}, {self.constant('float')}, {self.constant('int')}")
        if rng.random() < 0.8:
            self.line(1, f"u = {self.constant('bool')}")
        self.loop(1, 1)
        if rng.random() < 0.4:
            self.loop(1, 1)
        if rng.random() < 0.15:
            self.lines = [line.replace("LOG.append", "yield ") if "LOG" in line else line for line in self.lines]
            self.line(1, "yield a, b, c, x, y, z")
        else:
            self.line(1, "return a, b, c, x, y, z")
        if shares:
            self.share()
        return self.lines


HEAD = """\
NAN, INF = float("nan"), float("inf")
LOG = []
LINE = 0

def run(function, line, *arguments):
    global LINE
    LINE = line
    LOG.clear()
    try:
        result = function(*arguments)
        if hasattr(result, "send"):
            result = list(result)
    except Exception as error:
        lines = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code is function.__code__:
                lines.append(trace.tb_lineno - line)
            trace = trace.tb_next
        result = type(error).__name__, lines
    print(function.__name__, result, LOG)
"""


CALLS = """\
import builtins
import sys
import threading
from array import array

LIMIT = 2**62
KEPT = {}

def peek():
    # What the caller's frame shows.
    frame = sys._getframe(1)
    values = {name: value for name, value in frame.f_locals.items() if not callable(value) and name not in "oldq" and name[0] != "s" or name == "m"}
    LOG.append((frame.f_code.co_name, frame.f_lineno - LINE, sorted(values.items())))

def change(number):
    # What loops rely on.
    if number == 0:
        globals()["c0"] = c1
    elif number == 1:
        c1.__code__ = c2.__code__
    elif number == 2:
        c2.__defaults__ = (LIMIT + 5,)
    elif number == 3:
        c3.__defaults__ = None
    elif number == 4:
        builtins.abs = lambda value: value
    elif number == 5:
        globals()["max"] = min
    elif number == 6:
        globals()["G"] = 0.5
    elif number == 7:
        globals().pop("K", None)
    elif number == 8:
        builtins.K = 2
    elif number == 9:
        globals()["range"] = lambda *bounds: builtins.range(3)
    elif number == 10:
        globals()["c1"] = lambda x, y=0, z=0: (x, y)
    elif number == 11:
        globals()["int"] = float
    elif number == 13:
        L.append(2)
    elif number == 14:
        L.pop()
    elif number == 15:
        L[0] = 0.5
    elif number == 16:
        L[:] = [1.5, -0.0, 2.5, 7.0]
    elif number == 17:
        globals()["L"] = (4, 5, 6, 7)
    elif number == 18:
        O.n = O.n + 1 if type(O.n) is int else 0
    elif number == 19:
        O.v = LIMIT * 2 - 1
    elif number == 20:
        O.k = 9
    elif number == 21:
        Class.k = -9.5
    elif number == 22:
        Class.m = lambda self, x=1: x + self.n
    elif number == 23:
        Class.p = property(lambda self: self.n - 1)
    elif number == 24:
        O.__class__ = Heir
    elif number == 25:
        Class.n = property(lambda self: 3)
    elif number == 26:
        O.__dict__ = {"n": 2, "v": 1.5, "b": True}
    elif number == 27:
        globals()["P"] = O
    elif number == 28:
        P.__dict__ = O.__dict__
    elif number == 29:
        Class.__setattr__ = lambda self, name, value: object.__setattr__(self, name, value)
    elif number == 30:
        Class.r = property(lambda self: self.n, lambda self, value: None)
    elif number == 31:
        globals()["P"] = sys.modules[__name__]
    elif number == 32:
        for one in (c0, c1, c2, c3, c4, c5):
            if one.__kwdefaults__:
                one.__kwdefaults__["z"] = 0.5
    elif number == 33:
        P.__dict__ = globals()
    elif number == 34:
        globals()["r0"] = c1
    elif number == 35:
        r1.__defaults__ = (-0.0,)
    elif number == 36:
        r2.__code__ = r1.__code__
    elif number == 46:
        globals()["Q"] = Counting()
    elif number == 47:
        if Q.locked(): Q.release()
    elif number == 37:
        globals()["D"] = vars(O)
    elif number == 38:
        globals()["D"] = Missing(n=3, v=0.25)
    elif number == 39:
        E.pop("n", None)
    elif number == 40:
        E["n"], E["v"] = E.get("v", 1), E.get("n", 2)
    elif number == 41:
        globals()["E"] = D
    elif number == 42:
        globals()["D"] = E
    elif number == 43:
        E["d"] = D
    elif number == 44:
        E["d"] = {"v": 1, "n": True}
    elif number == 45:
        globals()["E"] = {Key("n"): 9, "v": 7.5, "b": False, "d": {"n": 1 - LIMIT}}
    elif number == 12:
        c2.__defaults__ = (-0.0,) if c2.__defaults__ == (0.0,) else (0.0,)
    else:
        reset()

class Counting:
    # As a lock, but says how often it is used.
    def acquire(self):
        LOG.append("acquire")
        return 2

    def release(self):
        LOG.append("release")

    def locked(self):
        return False

class Missing(dict):
    def __missing__(self, key):
        return 11

class Key:
    # Equal to a name, with the same hash.
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other

    def __repr__(self):
        return f"Key({self.name!r})"

class Class:
    k = 11

    def m(self, x=0.25):
        return self.v + x

    @property
    def p(self):
        return self.n * 2

    def a(self, x=1):
        self.v -= x
        self.n = self.n + 1 if self.n < 1000 else -self.n // 8
        return self.v

    @property
    def r(self):
        self.n ^= 5
        return self.n

class Heir(Class):
    k = 12

    def __getattr__(self, name):
        return 8

METHODS = dict(vars(Class))
PEEK, CHANGE, ABS = peek, change, abs

def reset():
    builtins.abs = ABS
    for name in ("max", "range", "int"):
        globals().pop(name, None)
    if hasattr(builtins, "K"):
        del builtins.K
    globals().update(G=5, H=0.5, K=-3, B=True, O=Class(), P=Class(), T=(2.5, 6))
    globals().update(A=array("d", [0.5, -0.0, 1e9, 4]), Y=bytearray(b"abcd"))
    globals().update(Q=threading.Lock())
    globals().update(D={"v": -1.5, "n": 4}, E={"n": 1, "b": True, "v": 2.5, "d": {"n": -8}})
    globals().update(L=[1, -2, 3, 2**63 - 9], F=[0.5, -0.0, 1e9, 4], M=[True, False, 1])
    if "n" in vars(Class):
        del Class.n
    if "__setattr__" in vars(Class):
        del Class.__setattr__
    for name in ("k", "m", "p", "a", "r"):
        setattr(Class, name, METHODS[name])
    O.n, O.v, O.b = 6, 0.75, False
    P.n, P.v, P.b = 60, -0.5, True
    for name, (function, code, defaults, keyword) in KEPT.items():
        globals()[name] = function
        function.__code__ = code
        function.__defaults__ = defaults
        function.__kwdefaults__ = keyword and dict(keyword)

def run(function, line, *arguments):
    global LINE
    LINE = line
    LOG.clear()
    reset()
    try:
        result = function(*arguments)
        if hasattr(result, "send"):
            result = list(result)
    except Exception as error:
        lines = []
        trace = error.__traceback__
        while trace is not None:
            lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
            trace = trace.tb_next
        result = type(error).__name__, lines
    name = function.__name__
    places = [vars(one) for one in (O, P) if type(one) is Class and vars(one) is not globals()]
    places += [dict(one) for one in (D, E) if one is not globals()]
    print(name, result, L, F, M, list(A), Y, LOG, *places, *(globals().get(name) for name in "GHKB"))
    reset()
"""


def main():
    seed, functions = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    lines = HEAD.splitlines()
    callees = []
    if sys.argv[3:] == ["calls"]:
        Function.calls = True
        lines += CALLS.splitlines()
        for number in range(6):
            lines.append("")
            lines += Function(rng, f"c{number}").make_callee(list(callees))
            callees.append((f"c{number}", 3, 2))
            one = f"c{number}"
            kept = [one, f"{one}.__code__", f"{one}.__defaults__", f"{one}.__kwdefaults__ and dict({one}.__kwdefaults__)"]
            lines.append(f"KEPT['{one}'] = {', '.join(kept)}")
        for number in range(3):
            one = f"r{number}"
            lines.append("")
            lines += Function(rng, one).make_recursive(list(callees))
            lines.append(f"KEPT['{one}'] = {one}, {one}.__code__, {one}.__defaults__, None")
        Function.recursive = ["r0", "r1", "r2"]
    for number in range(functions):
        name = f"f{number}"
        lines.append("")
        first = len(lines) + 1
        function = Function(rng, name)
        function.callees, function.can_change = callees, True
        lines += function.make()
        for _ in range(6):
            arguments = []
            for argument in "abc":
                kind = rng.random() + (0.55 if argument == "c" else -0.3)
                if rng.random() < 0.04:
                    kind = rng.random()
                if kind < 0.6:
                    arguments.append(repr(rng.choice(INTS)))
                elif kind < 0.9 or 1 < kind < 1.5:
                    arguments.append(rng.choice(FLOATS))
                elif kind < 0.99:
                    arguments.append(rng.choice(["True", "False"]))
                else:
                    arguments.append("None")
            lines.append(f"run({name}, {first}, {', '.join(arguments)})")
    print("\n".join(lines))


main()
