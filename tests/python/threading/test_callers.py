"""What a thread calls finds `run` as its caller, with the thread as `self`."""
import sys
import threading
import traceback


def callers():
    frame = sys._getframe(1)
    seen.append((frame.f_code.co_name, frame.f_globals["__name__"], frame.f_locals["self"].name))
    seen.append([entry.name for entry in traceback.extract_stack()][-2:])


seen = []
thread = threading.Thread(target=callers, name="worker")
thread.start()
thread.join()
assert seen == [("run", "threading", "worker"), ["run", "callers"]], seen

seen = []
timer = threading.Timer(0, callers)
timer.name = "timer"
timer.start()
timer.join()
assert seen == [("run", "threading", "timer"), ["run", "callers"]], seen


# A method of the program's in the place of `run`, which calls the library's.
class Own(threading.Thread):
    def run(self):
        super().run()


seen = []
thread = Own(target=callers, name="own")
thread.start()
thread.join()
assert seen == [("run", "threading", "own"), ["run", "callers"]], seen


# The arguments are what the attributes are when the thread runs, and are gone afterwards.
class Late(threading.Thread):
    def run(self):
        self._args = (2,)
        self._kwargs = {"key": 3}
        super().run()


seen = []
thread = Late(target=lambda *args, **kwargs: seen.append((args, kwargs)), args=(1,))
thread.start()
thread.join()
assert seen == [((2,), {"key": 3})], seen
assert not hasattr(thread, "_target") and not hasattr(thread, "_args")


# A target that is no function, arguments that are no tuple.
seen = []
thread = threading.Thread(target=seen.append, args=[5])
thread.start()
thread.join()
assert seen == [5], seen

# The traceback of what a thread raises.
seen = []
threading.excepthook = lambda args: seen.extend(
    entry.name for entry in traceback.extract_tb(args.exc_traceback)
)


def fail():
    raise ValueError


thread = threading.Thread(target=fail)
thread.start()
thread.join()
assert seen[-2:] == ["run", "fail"], seen

seen.clear()
thread = threading.Thread(target=fail, args=5)
thread.start()
thread.join()
assert seen[-1:] == ["run"], seen
