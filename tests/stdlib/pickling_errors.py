"""What holds a lock can be neither pickled nor copied, and says so as CPython does."""
import _thread
import copy
import pickle
import queue
import threading

REFUSED = [
    (threading.Lock(), "cannot pickle '_thread.lock' object"),
    (threading.RLock(), "cannot pickle '_thread.RLock' object"),
    (threading.Condition(), "cannot pickle '_thread.RLock' object"),
    (threading.Condition(threading.Lock()), "cannot pickle '_thread.lock' object"),
    (threading.Event(), "cannot pickle '_thread.lock' object"),
    (threading.Semaphore(), "cannot pickle '_thread.lock' object"),
    (threading.BoundedSemaphore(3), "cannot pickle '_thread.lock' object"),
    (threading.Barrier(2), "cannot pickle '_thread.lock' object"),
    (queue.Queue(), "cannot pickle '_thread.lock' object"),
    (queue.LifoQueue(5), "cannot pickle '_thread.lock' object"),
    (queue.PriorityQueue(), "cannot pickle '_thread.lock' object"),
    (queue.SimpleQueue(), "cannot pickle '_queue.SimpleQueue' object"),
    (threading.local(), "cannot pickle '_thread._local' object"),
    (threading.Thread(), "cannot pickle '_thread._ThreadHandle' object"),
    (threading.Timer(1, int), "cannot pickle '_thread._ThreadHandle' object"),
    (threading.current_thread(), "cannot pickle '_thread._ThreadHandle' object"),
    (_thread.start_joinable_thread(int), "cannot pickle '_thread._ThreadHandle' object"),
]


class Holder:
    def __init__(self, held):
        self.held = held


class Named(queue.Queue):
    pass


class Sub(threading.local):
    pass


class Restorable(threading.Event):
    """Says itself what of it is kept."""

    def __getstate__(self):
        return self.is_set()

    def __setstate__(self, was_set):
        super().__init__()
        if was_set:
            self.set()


def error_of(action, *arguments):
    try:
        action(*arguments)
    except TypeError as error:
        return str(error)
    raise AssertionError(f"{action.__name__}{arguments!r} did not raise")


def check_all():
    for value, message in REFUSED:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert error_of(pickle.dumps, value, protocol) == message, (value, protocol)
        assert error_of(copy.deepcopy, value) == message, value
        assert error_of(copy.deepcopy, Holder([value])) == message, value
        assert error_of(pickle.dumps, {"key": Holder(value)}) == message, value


check_all()
assert error_of(pickle.dumps, Named()) == "cannot pickle '_thread.lock' object"
assert error_of(copy.copy, threading.Lock()) == "cannot pickle '_thread.lock' object"
assert error_of(copy.copy, threading.RLock()) == "cannot pickle '_thread.RLock' object"
assert error_of(copy.copy, queue.SimpleQueue()) == "cannot pickle '_queue.SimpleQueue' object"
assert error_of(copy.copy, threading.local()) == "cannot pickle '_thread._local' object"
assert error_of(pickle.dumps, Sub()) == "cannot pickle 'Sub' object"

# The first protocols know only the class's own name.
assert error_of(pickle.dumps, threading.Lock(), 0) == "cannot pickle 'lock' object"
assert error_of(pickle.dumps, queue.SimpleQueue(), 1) == "cannot pickle 'SimpleQueue' object"

# A subclass may do better.
restorable = Restorable()
restorable.set()
for again in (pickle.loads(pickle.dumps(restorable)), copy.copy(restorable)):
    assert type(again) is Restorable and again is not restorable and again.is_set()
    again.clear()
    assert restorable.is_set()

# A shallow copy of what is made of Python objects shares the lock.
shared = queue.Queue(3)
shared.put("one")
other = copy.copy(shared)
assert other.mutex is shared.mutex and other.get() == "one" and other.maxsize == 3
assert shared.queue is other.queue

# An outcome is a plain value: errors of queues and the like travel.
for error in (queue.Empty(), queue.Full(), queue.ShutDown(), threading.BrokenBarrierError("b")):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.args == error.args
    assert type(copy.copy(error)) is type(error)

# Classes and functions travel by name.
for thing in (queue.Queue, threading.Thread, threading.Event, threading.current_thread, queue.Empty):
    assert pickle.loads(pickle.dumps(thing)) is thing
assert pickle.loads(pickle.dumps(_thread.get_ident)) is _thread.get_ident

# Several threads get the same errors at the same time.
problems = []


def guarded():
    try:
        check_all()
    except BaseException as error:
        problems.append(error)


threads = [threading.Thread(target=guarded) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not problems, problems[0]
