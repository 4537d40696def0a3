"""`unittest`: a suite whose tests use threads, with fixtures of all kinds and every outcome."""
import asyncio
import io
import queue
import threading
import unittest
from unittest import mock

PATIENCE = 120
log = []


def setUpModule():
    log.append("setUpModule")


def tearDownModule():
    log.append("tearDownModule")


class Service:
    """Doubles what it is given, on a thread of its own."""

    def __init__(self):
        self.inbox, self.outbox = queue.Queue(), queue.Queue()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        for item in iter(self.inbox.get, None):
            self.outbox.put(self.double(item))

    def double(self, item):
        return 2 * item

    def start(self):
        self.thread.start()

    def stop(self):
        self.inbox.put(None)
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


class ServiceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        log.append("setUpClass")
        cls.service = Service()
        cls.service.start()
        cls.addClassCleanup(log.append, "class cleanup")

    @classmethod
    def tearDownClass(cls):
        log.append("tearDownClass")
        cls.service.stop()

    def setUp(self):
        self.assertTrue(self.service.outbox.empty())
        self.addCleanup(log.append, f"cleanup {self._testMethodName}")

    def test_answers(self):
        for n in range(10):
            self.service.inbox.put(n)
        self.assertEqual(
            [self.service.outbox.get(timeout=PATIENCE) for _ in range(10)], list(range(0, 20, 2))
        )

    def test_mock_called_in_another_thread(self):
        with mock.patch.object(self.service, "double", side_effect=lambda n: n + 1) as double:
            for n in range(5):
                self.service.inbox.put(n)
            got = [self.service.outbox.get(timeout=PATIENCE) for _ in range(5)]
        self.assertEqual(got, [1, 2, 3, 4, 5])
        self.assertEqual(double.call_args_list, [mock.call(n) for n in range(5)])

    def test_threading_mock(self):
        called = mock.ThreadingMock()
        threads = [threading.Thread(target=called, args=(n,)) for n in range(5)]
        for thread in threads:
            thread.start()
        for n in range(5):
            called.wait_until_any_call_with(n)
        called.wait_until_called(timeout=PATIENCE)
        for thread in threads:
            thread.join()
        self.assertEqual(called.call_count, 5)
        with self.assertRaises(AssertionError):
            called.never.wait_until_called(timeout=0.01)

    def test_mocks_count_side_by_side(self):
        shared = mock.Mock(return_value=1)

        def call():
            for _ in range(50):
                shared()

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(shared.mock_calls), 200)

    def test_logs_of_other_threads(self):
        import logging

        with self.assertLogs("service", "INFO") as logs:
            thread = threading.Thread(target=logging.getLogger("service").info, args=("hi",))
            thread.start()
            thread.join()
        self.assertEqual(logs.output, ["INFO:service:hi"])

    def test_warnings_of_other_threads(self):
        import sys
        import warnings

        if sys.flags.context_aware_warnings:
            self.skipTest("each thread has its own warnings")
        with self.assertWarns(UserWarning):
            thread = threading.Thread(target=warnings.warn, args=("careful",))
            thread.start()
            thread.join()

    def test_subtests(self):
        for n in range(3):
            with self.subTest(n=n):
                thread = threading.Thread(target=log.append, args=(f"sub {n}",))
                thread.start()
                thread.join()
                self.assertNotEqual(n, 1)

    def test_fails(self):
        self.assertEqual(1, 2)

    def test_breaks(self):
        raise ValueError("on purpose")

    def test_with_an_error_from_a_thread(self):
        def work():
            raise KeyError("in a thread")

        caught = []
        self.enterContext(mock.patch.object(threading, "excepthook", caught.append))
        thread = threading.Thread(target=work, name="fails")
        thread.start()
        thread.join()
        [arguments] = caught
        self.assertIs(arguments.exc_type, KeyError)
        self.assertIs(arguments.thread, thread)

    @unittest.skip("not today")
    def test_skipped(self):
        self.fail()

    @unittest.expectedFailure
    def test_known_to_fail(self):
        self.fail()


class AsyncCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.lock = asyncio.Lock()

    async def test_to_thread(self):
        async with self.lock:
            idents = await asyncio.gather(
                *(asyncio.to_thread(threading.get_ident) for _ in range(5))
            )
        self.assertNotIn(threading.get_ident(), idents)


class BrokenClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no fixture")

    def test_never_runs(self):
        raise AssertionError("ran")


def run(case, **options):
    stream = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    result = unittest.TextTestRunner(stream, verbosity=2, **options).run(suite)
    return result, stream.getvalue()


if __name__ == "__main__":
    result, text = run(ServiceCase)
    assert result.testsRun == 12, text
    assert len(result.failures) == 2 and len(result.errors) == 1, text
    assert len(result.expectedFailures) == 1 and not result.unexpectedSuccesses
    assert [reason for _, reason in result.skipped if reason == "not today"] == ["not today"]
    assert sorted(test.id().split(".", 2)[-1] for test, _ in result.failures) == [
        "test_fails",
        "test_subtests (n=1)",
    ], result.failures
    assert "ValueError: on purpose" in result.errors[0][1]
    assert "AssertionError: 1 != 2" in text and "test_skipped" in text
    assert log[:2] == ["setUpModule", "setUpClass"]
    assert log[-3:] == ["tearDownClass", "class cleanup", "tearDownModule"]
    assert [entry for entry in log if entry.startswith("sub ")] == ["sub 0", "sub 1", "sub 2"]
    assert sum(entry.startswith("cleanup ") for entry in log) == 11

    result, text = run(AsyncCase)
    assert result.wasSuccessful() and result.testsRun == 1, text
    result, text = run(BrokenClass)
    assert result.testsRun == 0 and "OSError: no fixture" in text

    # Suites in several threads at once.
    class Many(unittest.TestCase):
        def test_one(self):
            with self.subTest("inner"):
                self.assertIn(threading.current_thread().name, names)

        def test_two(self):
            self.assertRaises(ZeroDivisionError, divmod, 1, 0)

    names = [f"runner-{n}" for n in range(4)]
    results = []

    def run_suite():
        result = unittest.TestResult()
        for _ in range(10):
            unittest.TestSuite(Many(test) for test in ("test_one", "test_two")).run(result)
        results.append((result.testsRun, result.wasSuccessful()))

    threads = [threading.Thread(target=run_suite, name=name) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [(20, True)] * 4, results

    # As a program: unittest.main picks tests by name and says how it ended.
    stderr = io.StringIO()
    import contextlib

    with contextlib.redirect_stderr(stderr):
        program = unittest.main(
            argv=["prog", "AsyncCase", "ServiceCase.test_answers"], exit=False
        )
    assert program.result.wasSuccessful() and program.result.testsRun == 2, stderr.getvalue()
    assert "Ran 2 tests" in stderr.getvalue()
