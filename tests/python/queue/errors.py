"""What calls of queue's methods raise, and the words they raise it in."""

import pickle
import queue
import _queue


def raises(kind, message, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == message, (str(error), message)
    else:
        raise AssertionError(f"{call} did not raise {kind}")


assert queue.Empty is _queue.Empty
assert queue.SimpleQueue is _queue.SimpleQueue
assert queue.Empty.__mro__[1] is Exception
assert (queue.Empty.__module__, queue.Full.__module__, queue.ShutDown.__module__) == (
    "_queue",
    "queue",
    "queue",
)
assert str(queue.Queue[int]) == "queue.Queue[int]"
assert str(queue.SimpleQueue[int]) == "_queue.SimpleQueue[int]"
assert repr(queue.Queue) == "<class 'queue.Queue'>"

q = queue.Queue(1)
for full in (False, True):
    raises(TypeError, "Queue.put() missing 1 required positional argument: 'item'", q.put)
    raises(
        TypeError,
        "Queue.put() takes from 2 to 4 positional arguments but 5 were given",
        q.put, 1, 2, 3, 4,
    )
    raises(TypeError, "Queue.put() got an unexpected keyword argument 'x'", q.put, x=1)
    raises(TypeError, "Queue.put() got multiple values for argument 'item'", q.put, 1, item=2)
    raises(TypeError, "Queue.get() got an unexpected keyword argument 'x'", q.get, x=1)
    raises(
        TypeError, "Queue.get_nowait() takes 1 positional argument but 2 were given",
        q.get_nowait, 1,
    )
    raises(TypeError, "Queue.qsize() takes 1 positional argument but 2 were given", q.qsize, 1)
    raises(ValueError, "'timeout' must be a non-negative number", q.put, 1, timeout=-1)
    raises(ValueError, "'timeout' must be a non-negative number", q.get, timeout=-0.5)
    raises(
        TypeError, "'<' not supported between instances of 'str' and 'int'", q.get, timeout="a"
    )
    if not full:
        q.put(1)
raises(queue.Full, "", q.put, 2, False)
raises(queue.Full, "", q.put_nowait, 2)
raises(queue.Full, "", q.put, 2, timeout=0.01)
raises(queue.Full, "", q.put, 2, timeout=0)
raises(OverflowError, "timestamp out of range for C PyTime_t", q.put, 2, timeout=1e15)
raises(OverflowError, "timestamp out of range for C PyTime_t", q.put, 2, timeout=10**15)
q.get()
raises(queue.Empty, "", q.get, False)
raises(queue.Empty, "", q.get_nowait)
raises(queue.Empty, "", q.get, timeout=0.01)
raises(OverflowError, "timestamp out of range for C PyTime_t", q.get, timeout=1e15)
raises(queue.Empty, "", q.get, timeout=0)
raises(OverflowError, "timestamp out of range for C PyTime_t", q.get, timeout=10**15)
raises(OverflowError, "int too large to convert to float", q.get, timeout=2**2000)
q.task_done()
raises(ValueError, "task_done() called too many times", q.task_done)
# A timeout that is not needed is not looked at.
queue.Queue().put(1, timeout="never")
q.get(False, "never") if q.qsize() else None

raises(TypeError, "Queue.__init__() got an unexpected keyword argument 'x'", queue.Queue, x=1)
raises(TypeError, "'>' not supported between instances of 'str' and 'int'", queue.Queue("a").put, 1)
try:
    pickle.dumps(queue.Queue())
except TypeError as error:
    assert "cannot pickle" in str(error)
else:
    raise AssertionError("a queue was pickled")

q.shutdown()
raises(queue.ShutDown, "", q.put, 1)
raises(queue.ShutDown, "", q.put, 1, timeout=-1)
raises(queue.ShutDown, "", q.get)
raises(queue.ShutDown, "", q.get, timeout=-1)

s = queue.SimpleQueue()
raises(TypeError, "put() missing required argument 'item' (pos 1)", s.put)
raises(TypeError, "put() takes at most 3 arguments (4 given)", s.put, 1, 2, 3, 4)
raises(
    TypeError, "argument for put() given by name ('item') and position (1)", s.put, 1, item=2
)
raises(TypeError, "get() got an unexpected keyword argument 'x'", s.get, x=1)
raises(TypeError, "get() takes at most 2 arguments (3 given)", s.get, 1, 2, 3)
raises(TypeError, "SimpleQueue.empty() takes no arguments (1 given)", s.empty, 1)
raises(TypeError, "get_nowait() takes no arguments", s.get_nowait, 1)
raises(TypeError, "SimpleQueue() takes no positional arguments", queue.SimpleQueue, 1)
raises(TypeError, "SimpleQueue() takes no keyword arguments", queue.SimpleQueue, x=1)
raises(ValueError, "'timeout' must be a non-negative number", s.get, timeout=-1)
raises(
    TypeError, "'str' object cannot be interpreted as an integer or float", s.get, timeout="a"
)
raises(OverflowError, "timestamp out of range for C PyTime_t", s.get, timeout=1e300)
raises(ValueError, "Invalid value NaN (not a number)", s.get, timeout=float("nan"))
raises(queue.Empty, "", s.get, False, -1)
raises(queue.Empty, "", s.get_nowait)
raises(queue.Empty, "", s.get, timeout=0.01)
raises(TypeError, "cannot pickle '_queue.SimpleQueue' object", pickle.dumps, s)
s.put(item=1, block="x", timeout=object())
assert s.qsize() == 1 and not s.empty()
assert s.get() == 1
