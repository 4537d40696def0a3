"""`concurrent.futures.Future`: its states, its attributes, who waits for it, who is told."""
import concurrent.futures
import copy
import gc
import inspect
import logging
import pickle
import threading
import time
import traceback
import types
import weakref
from concurrent.futures import CancelledError, Future, InvalidStateError, _base

PATIENCE = 120


def raises(error, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    return thread


class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def __enter__(self):
        _base.LOGGER.addHandler(self)
        _base.LOGGER.propagate = False
        return self.records

    def __exit__(self, *_):
        _base.LOGGER.removeHandler(self)
        _base.LOGGER.propagate = True


def states():
    f = Future()
    assert (f._state, f._result, f._exception) == ("PENDING", None, None)
    assert (f._waiters, f._done_callbacks) == ([], [])
    assert not (f.done() or f.running() or f.cancelled())
    assert repr(f) == f"<Future at {id(f):#x} state=pending>"
    assert f.set_running_or_notify_cancel() is True
    assert f.running() and f._state == "RUNNING" and not f.cancel()
    assert repr(f) == f"<Future at {id(f):#x} state=running>"
    assert f.set_result([1]) is None
    assert f.done() and not f.running() and not f.cancelled() and not f.cancel()
    assert f.result() == [1] == f.result(0) == f.result(timeout=None) and f.exception() is None
    assert repr(f) == f"<Future at {id(f):#x} state=finished returned list>"
    assert f._state == "FINISHED" and f._result == [1]

    f = Future()
    error = OSError(5)
    f.set_exception(error)
    assert f.exception() is error and f._exception is error
    assert raises(OSError, f.result) is error
    assert repr(f) == f"<Future at {id(f):#x} state=finished raised OSError>"

    f = Future()
    assert f.cancel() and f.cancel() and f.cancelled() and f.done()
    assert repr(f) == f"<Future at {id(f):#x} state=cancelled>"
    assert f.set_running_or_notify_cancel() is False
    assert f._state == "CANCELLED_AND_NOTIFIED" and f.cancelled() and f.cancel()
    raises(CancelledError, f.result)
    raises(CancelledError, f.exception)
    error = raises(InvalidStateError, f.set_result, 1)
    assert str(error) == f"CANCELLED_AND_NOTIFIED: {f!r}", error
    assert str(raises(InvalidStateError, f.set_exception, error)) == str(error)

    f = Future()
    f.set_result(None)
    assert str(raises(InvalidStateError, f.set_result, 1)) == f"FINISHED: {f!r}"
    with Records() as records:
        error = raises(RuntimeError, f.set_running_or_notify_cancel)
    assert str(error) == "Future in unexpected state"
    message = f"Future {id(f)} in unexpected state: FINISHED"
    assert [(r.levelname, r.getMessage()) for r in records] == [("CRITICAL", message)]


def timeouts():
    f = Future()
    for timeout in (0, 0.01, -1):
        raises(TimeoutError, f.result, timeout)
        raises(TimeoutError, f.exception, timeout=timeout)
    raises(TypeError, f.result, "soon")
    f.set_result(1)
    assert f.result("soon") == 1  # not looked at
    raises(TypeError, f.result, 1, 2)
    raises(TypeError, f.set_result)
    raises(TypeError, f.cancel, 1)
    raises(TypeError, Future, 1)


def attributes_may_be_set():
    f = Future()
    f._state = _base.FINISHED
    f._result = "put there"
    assert f.done() and f.result() == "put there"
    f._exception = ValueError("put there")
    assert str(raises(ValueError, f.result)) == "put there"
    f._state = "PENDING"
    assert not f.done() and not f.running()
    raises(TimeoutError, f.result, 0)
    f._state = _base.RUNNING
    assert f.running()
    called = []
    f = Future()
    f._done_callbacks = [called.append]
    f.add_done_callback(called.append)
    assert len(f._done_callbacks) == 2
    f.set_result(1)
    assert called == [f, f]
    f.__init__()
    assert f._state == "PENDING" and f._result is None and f._done_callbacks == []
    raises(TimeoutError, f.result, 0)
    in_thread(f.set_result, 2)
    assert f.result(PATIENCE) == 2
    f.mine = 7
    assert f.mine == 7
    raises(AttributeError, lambda: f.other)
    assert weakref.ref(f)() is f


def the_condition_keeps_others_out():
    f = Future()
    assert isinstance(f._condition, threading.Condition) and f._condition is f._condition
    order = []

    def finish():
        order.append("finish")
        f.set_result("result")
        order.append("finished")

    with f._condition:
        thread = in_thread(finish)
        while order != ["finish"]:
            time.sleep(0.001)
        time.sleep(0.02)
        assert f._state == "PENDING" and order == ["finish"]
        assert not f.done()  # it may be taken again
    thread.join()
    assert f.done() and order == ["finish", "finished"]


def a_waiting_thread_learns_of_what_is_done_by_hand():
    for method, finish in (
        ("result", lambda f: (setattr(f, "_state", "FINISHED"), setattr(f, "_result", 42))),
        ("exception", lambda f: (setattr(f, "_state", "FINISHED"), setattr(f, "_exception", 42))),
    ):
        for timeout in (None, PATIENCE):
            f, got = Future(), []
            thread = in_thread(lambda: got.append(getattr(f, method)(timeout)))
            time.sleep(0.02)
            with f._condition:
                finish(f)
                f._condition.notify_all()
            thread.join()
            assert got == [42], got
    # Asked for while somebody waits, and then ended as usual.
    f, got = Future(), []
    threads = [in_thread(lambda: got.append(f.result())) for _ in range(3)]
    time.sleep(0.02)
    condition = f._condition
    with condition:
        pass
    threads += [in_thread(lambda: got.append(f.result(PATIENCE))) for _ in range(3)]
    time.sleep(0.02)
    f.set_result("all")
    for thread in threads:
        thread.join()
    assert got == ["all"] * 6
    # A timeout goes on counting.
    f = Future()
    timer = threading.Timer(0.02, lambda: f._condition)
    timer.start()
    began = time.monotonic()
    raises(TimeoutError, f.result, 0.1)
    assert time.monotonic() - began >= 0.1
    timer.join()


def cancelling_wakes_those_who_wait():
    f, got = Future(), []
    threads = [in_thread(lambda: got.append(raises(CancelledError, f.result))) for _ in range(4)]
    time.sleep(0.01)
    assert f.cancel()
    for thread in threads:
        thread.join()
    assert len(got) == 4


def callbacks():
    f, called = Future(), []

    def first(future):
        called.append(("first", future))
        future.add_done_callback(lambda _: called.append("at once"))

    def bad(_):
        raise ValueError("bad callback")

    f.add_done_callback(first)
    f.add_done_callback(bad)
    f.add_done_callback(lambda future: called.append("last"))
    with Records() as records:
        f.set_result(1)
        f.add_done_callback(bad)
    assert called == [("first", f), "at once", "last"]
    assert [r.getMessage() for r in records] == [f"exception calling callback for {f!r}"] * 2
    assert all(type(r.exc_info[1]) is ValueError for r in records)

    class Stop(BaseException):
        pass

    def stop(_):
        raise Stop

    f = Future()
    f.add_done_callback(stop)
    f.add_done_callback(called.append)
    raises(Stop, f.cancel)
    assert f.cancelled() and f not in called
    f = Future()
    f.add_done_callback(lambda future: called.append(future._done_callbacks))
    f.set_exception(KeyError())
    assert len(called[-1]) == 1


class Waiter:
    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda future: self.told.append((name, future._state))


def waiters_are_told():
    for end, name, state in (
        (lambda f: f.set_result(1), "add_result", "FINISHED"),
        (lambda f: f.set_exception(OSError()), "add_exception", "FINISHED"),
        (lambda f: (f.cancel(), f.set_running_or_notify_cancel()), "add_cancelled", None),
    ):
        f, waiter = Future(), Waiter()
        with f._condition:
            f._waiters.append(waiter)
        end(f)
        assert waiter.told == [(name, state or "CANCELLED_AND_NOTIFIED")], waiter.told


def subclasses():
    class Mine(Future):
        def __init__(self, name):
            super().__init__()
            self.name = name
            self.invoked = 0

        def _invoke_callbacks(self):
            self.invoked += 1
            super()._invoke_callbacks()

    f, called = Mine("name"), []
    f.add_done_callback(called.append)
    f.set_result(1)
    assert f.invoked == 1 and called == [f] and f.name == "name" and f.result() == 1
    assert repr(f) == f"<Mine at {id(f):#x} state=finished returned int>"


def looks():
    assert Future.__module__ == "concurrent.futures._base" and Future.__name__ == "Future"
    assert Future is concurrent.futures.Future is _base.Future
    assert type(Future[int]) is types.GenericAlias
    assert str(inspect.signature(Future.result)) == "(self, timeout=None)" or not hasattr(
        Future.result, "__code__"
    )
    assert "_condition" in dir(Future())
    assert str(raises(TypeError, pickle.dumps, Future())) == "cannot pickle '_thread.RLock' object"
    raises(TypeError, copy.deepcopy, Future())
    f = Future()
    f.set_result([1])
    f.mine = 2
    twin = copy.copy(f)
    assert type(twin) is Future and twin.result() is f.result() and twin.mine == 2
    assert twin._condition is f._condition


def exceptions_keep_their_frames_and_make_no_cycle():
    class Mine(Exception):
        pass

    class Thing:
        pass

    def work():
        thing = Thing()
        things.append(weakref.ref(thing))
        raise Mine

    things = []
    gc.collect()
    gc.disable()
    try:
        f = Future()
        try:
            work()
        except Mine as error:
            f.set_exception(error)
        names = []
        try:
            f.result()
        except Mine as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert names[0] == "exceptions_keep_their_frames_and_make_no_cycle" and "work" in names
        gone = weakref.ref(f)
        f.exception().__traceback__ = None
        del f
        assert gone() is None and things[0]() is None
    finally:
        gc.enable()
    # A cycle of their own is collected.
    f = Future()
    f.add_done_callback(lambda _, f=f: None)
    f.set_result(f)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def many_threads_end_one_future():
    for _ in range(150):
        f, got, called = Future(), [], []
        f.add_done_callback(called.append)
        start = threading.Barrier(6)

        def end(how):
            start.wait(PATIENCE)
            try:
                got.append((how, how()))
            except InvalidStateError:
                got.append((how, "too late"))

        def get():
            start.wait(PATIENCE)
            try:
                got.append((get, f.result(PATIENCE)))
            except CancelledError:
                got.append((get, "cancelled"))

        def ask():
            start.wait(PATIENCE)
            with f._condition:
                got.append((ask, f._state))

        ends = [lambda: f.set_result("first"), lambda: f.set_result("second"), f.cancel]
        threads = [in_thread(end, how) for how in ends] + [in_thread(get), in_thread(get)]
        threads.append(in_thread(ask))
        for thread in threads:
            thread.join()
        by = dict(got)
        if f.cancelled():
            expected = {get: "cancelled", ends[0]: "too late", ends[1]: "too late", ends[2]: True}
        else:
            won = ends[0] if f.result() == "first" else ends[1]
            lost = ends[1] if won is ends[0] else ends[0]
            expected = {get: f.result(), won: None, lost: "too late", ends[2]: False}
        del by[ask]
        assert by == expected, (by, expected)
        assert called == [f]


states()
timeouts()
attributes_may_be_set()
the_condition_keeps_others_out()
a_waiting_thread_learns_of_what_is_done_by_hand()
cancelling_wakes_those_who_wait()
callbacks()
waiters_are_told()
subclasses()
looks()
exceptions_keep_their_frames_and_make_no_cycle()
many_threads_end_one_future()
