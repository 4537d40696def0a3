"""Built-in functions as what a thread runs, also those that look at the frame that calls them."""

import _thread
import functools
import threading
import unittest


def run(target, *args, **kwargs):
    """The exception that ended the thread, if one did."""
    raised = []
    hook, threading.excepthook = threading.excepthook, lambda args: raised.append(args.exc_value)
    try:
        thread = threading.Thread(target=target, args=args, kwargs=kwargs)
        thread.start()
        thread.join(30)
    finally:
        threading.excepthook = hook
    assert not thread.is_alive(), "the thread has not ended"
    assert thread not in threading.enumerate()
    return raised[0] if raised else None


class BuiltinTargets(unittest.TestCase):
    def test_code_runs(self):
        seen = []
        self.assertIsNone(run(exec, "seen.append(6 * 7)", {"seen": seen}))
        self.assertEqual(seen, [42])

    def test_code_without_globals_runs_beside_run(self):
        self.assertIsNone(run(exec, "global _test_seen; _test_seen = __name__"))
        self.assertEqual(threading.__dict__.pop("_test_seen"), "threading")

    def test_functions_that_look_at_frames(self):
        for function in (globals, locals, dir, vars):
            self.assertIsNone(run(function), function)

    def test_errors_arrive(self):
        self.assertIsInstance(run(exec, "1 / 0"), ZeroDivisionError)
        self.assertIsInstance(run(eval, "no_such_name"), NameError)
        self.assertIsInstance(run(int, "x", base=10), ValueError)
        self.assertIsInstance(run(len), TypeError)

    def test_keywords(self):
        self.assertIsNone(run(print, end="", sep=""))

    def test_a_thread_without_any_frame_ends(self):
        """RustPython panics here; CPython raises."""
        for number in range(20):
            handle = _thread.start_joinable_thread(functools.partial(exec, f"x = {number}"))
            handle.join(30)
            self.assertTrue(handle.is_done())
        self.test_code_runs()


if __name__ == "__main__":
    unittest.main()
