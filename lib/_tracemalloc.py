"""Says that allocations are not traced: the interpreter has no allocator that could be watched.

`tracemalloc` stands on this. Programs that only ask go on; one that would trace is refused.
"""
__all__ = ["start", "stop", "is_tracing", "clear_traces", "get_traceback_limit",
           "get_traced_memory", "get_tracemalloc_memory", "reset_peak"]

_REFUSED = "pyt cannot trace allocations"


def start(nframe=1, /):
    """Refuses: allocations are not traced."""
    raise NotImplementedError(_REFUSED)


def stop():
    """Does nothing: allocations are not traced."""


def is_tracing():
    """Return True if the tracemalloc module is tracing Python memory allocations."""
    return False


def clear_traces():
    """Does nothing: allocations are not traced."""


def reset_peak():
    """Does nothing: allocations are not traced."""


def get_traceback_limit():
    """The number of frames that a traceback would have."""
    return 1


def get_traced_memory():
    """Nothing was traced."""
    return 0, 0


def get_tracemalloc_memory():
    """Nothing was traced."""
    return 0


def _get_traces():
    return []


def _get_object_traceback(obj, /):
    return None
