"""The profiler behind `cProfile`: counts and times calls that `sys.setprofile` reports."""
import sys
from collections import namedtuple
from time import perf_counter

profiler_entry = namedtuple(
    "profiler_entry", "code callcount reccallcount totaltime inlinetime calls")
profiler_subentry = namedtuple(
    "profiler_subentry", "code callcount reccallcount totaltime inlinetime")


class _Times:
    """Of one function, or of its calls by another one."""

    __slots__ = ("calls", "recursive", "total", "inline", "active", "callees")

    def __init__(self):
        self.calls = self.recursive = self.active = 0
        self.total = self.inline = 0.0
        self.callees = {}

    def fields(self):
        return self.calls, self.recursive, self.total, self.inline


def _label(function):
    """How a native function is named, as the method of its class or the function of its module."""
    name = function.__name__
    owner = function.__self__
    if owner is None or isinstance(owner, type(sys)):
        module = getattr(function, "__module__", None)
        return f"<built-in method {module}.{name}>" if module else f"<built-in method {name}>"
    if isinstance(owner, type):
        return f"<built-in method {name}>"
    return f"<method {name!r} of {type(owner).__name__!r} objects>"


class Profiler:
    """Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True)

    Builds a profiler object using the specified timer function.
    """

    def __init__(self, timer=None, timeunit=0.0, subcalls=True, builtins=True):
        self._timer = timer
        self._unit = timeunit
        self._subcalls = subcalls
        self._builtins = builtins
        self._times = {}
        self._stack = []

    def _event(self, frame, event, argument):
        now = self._now()
        if event == "call":
            self._enter(frame.f_code, now)
        elif event == "return":
            self._leave(now)
        elif self._builtins and type(argument) is _Native:
            if event == "c_call":
                self._enter(_label(argument), now)
            else:
                self._leave(now)

    def _enter(self, key, now):
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = _Times()
        within = None
        if self._subcalls and self._stack:
            callees = self._stack[-1][1].callees
            within = callees.get(key)
            if within is None:
                within = callees[key] = _Times()
            within.active += 1
        times.active += 1
        # Key, times, times within the caller, begin, time in what it calls.
        self._stack.append([key, times, within, now, 0.0])

    def _leave(self, now):
        if not self._stack:
            # Was called before the profiler was enabled.
            return
        _, times, within, begin, inner = self._stack.pop()
        took = now - begin
        for entry in (times, within):
            if entry is None:
                continue
            entry.active -= 1
            entry.calls += 1
            entry.inline += took - inner
            if entry.active:
                entry.recursive += 1
            else:
                entry.total += took
        if self._stack:
            self._stack[-1][4] += took

    def enable(self, subcalls=None, builtins=None):
        """Start collecting profiling information."""
        if sys.getprofile() is not None:
            raise ValueError("Another profiling tool is already active")
        if subcalls is not None:
            self._subcalls = bool(subcalls)
        if builtins is not None:
            self._builtins = bool(builtins)
        self._now = self._timer or perf_counter
        self._scale = (self._unit or 1.0) if self._timer else 1.0
        sys.setprofile(self._event)

    def disable(self):
        """Stop collecting profiling information."""
        sys.setprofile(None)
        now = getattr(self, "_now", perf_counter)()
        while self._stack:
            self._leave(now)
        self._drop_own()

    def _drop_own(self):
        own = Profiler.disable.__code__
        self._times.pop(own, None)
        self._times.pop("<built-in method sys.setprofile>", None)
        for times in self._times.values():
            times.callees.pop(own, None)

    def clear(self):
        """Clear all profiling information collected so far."""
        self._times.clear()
        self._stack.clear()

    def getstats(self):
        """list of profiler_entry objects."""
        scale = getattr(self, "_scale", 1.0)

        def scaled(times):
            calls, recursive, total, inline = times.fields()
            return calls, recursive, total * scale, inline * scale

        entries = []
        for code, times in self._times.items():
            if not times.calls:
                continue
            callees = [profiler_subentry(callee, *scaled(within))
                       for callee, within in times.callees.items() if within.calls]
            entries.append(profiler_entry(code, *scaled(times), callees or None))
        return entries


_Native = type(len)
