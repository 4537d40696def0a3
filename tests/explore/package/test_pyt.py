"""What a test suite does with the package `pyt`."""
import os
import tempfile
import threading
import unittest

import pyt


def both(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def racy():
    box = {"count": 0}

    def add():
        box["count"] += 1

    both(add, add)
    assert box["count"] == 2, box["count"]


def locked():
    box = {"count": 0}
    lock = threading.Lock()

    def add():
        with lock:
            box["count"] += 1

    both(add, add)
    assert box["count"] == 2, box["count"]
    return box["count"]


def abba():
    a, b = threading.Lock(), threading.Lock()

    def first():
        with a:
            with b:
                pass

    def second():
        with b:
            with a:
                pass

    both(first, second)


class Exploring(unittest.TestCase):
    def test_a_race_is_found(self):
        report = pyt.explore(racy)
        self.assertFalse(report.ok)
        self.assertLessEqual(report.runs, 1000)
        failure = report.failures[0]
        self.assertEqual(failure.kind, "exception")
        with self.assertRaises(pyt.ScheduleFailed) as caught:
            report.check()
        self.assertIsInstance(caught.exception, AssertionError)
        self.assertIs(caught.exception.failure, failure)

    def test_correct_code_is_silent(self):
        report = pyt.explore(locked, schedules=50)
        self.assertIs(report.check(), report)
        self.assertTrue(report.ok)
        self.assertEqual(report.runs, 50)
        self.assertEqual(sum(outcome.count for outcome in report.outcomes), 50)

    def test_a_proof(self):
        report = pyt.explore(locked, strategy="dpor").check()
        self.assertTrue(report.proven)
        self.assertEqual(report.runs, 2)

    def test_a_deadlock_has_its_own_exception(self):
        report = pyt.explore(abba)
        self.assertEqual(report.failures[0].kind, "deadlock")
        with self.assertRaises(pyt.Deadlock):
            report.check()

    def test_all_failures_if_asked(self):
        report = pyt.explore(racy, schedules=40, stop_on_first=False)
        self.assertEqual(report.runs, 40)
        self.assertGreater(report.failed, 0)
        self.assertLess(report.failed, 40)

    def test_output_is_kept_and_compared(self):
        def shout():
            both(lambda: print("a"), lambda: print("b"))

        report = pyt.explore(shout, schedules=60)
        outputs = {outcome.output for outcome in report.outcomes}
        self.assertIn("a\nb\n", outputs)
        self.assertIn("b\na\n", outputs)
        self.assertFalse(pyt.explore(shout, schedules=60, same_output=True).ok)

    def test_bad_arguments(self):
        with self.assertRaises(ValueError):
            pyt.explore(locked, strategy="nonsense")
        with self.assertRaises(ValueError):
            pyt.explore(locked, granularity="nonsense")


class Replaying(unittest.TestCase):
    def test_a_failure_comes_again_each_time(self):
        schedule = pyt.explore(racy).failures[0].schedule
        for _ in range(10):
            with self.assertRaises(AssertionError):
                pyt.replay(schedule, racy)

    def test_saved_and_loaded(self):
        schedule = pyt.explore(abba).failures[0].schedule
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "abba.schedule")
            schedule.save(path)
            loaded = pyt.Schedule.load(path)
        self.assertEqual(loaded, schedule)
        self.assertEqual(hash(loaded), hash(schedule))
        with self.assertRaises(pyt.Deadlock):
            pyt.replay(loaded, abba)

    def test_another_function_does_not_follow(self):
        schedule = pyt.explore(racy).failures[0].schedule
        with self.assertRaises(ValueError):
            pyt.replay(schedule, lambda: None)

    def test_files_that_are_no_schedules(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad.schedule")
            for text in ("nonsense", "[1]", "{}", '{"version": 99}'):
                with open(path, "w") as file:
                    file.write(text)
                with self.assertRaises(ValueError, msg=text):
                    pyt.Schedule.load(path)


class Running(unittest.TestCase):
    def test_what_is_returned_and_raised(self):
        self.assertEqual(pyt.run(locked, seed=7), 2)
        with self.assertRaises(ZeroDivisionError):
            pyt.run(lambda: 1 // 0)

    def test_a_seed_decides(self):
        def orders(seed):
            order = []
            pyt.run(lambda: both(*[lambda n=n: order.append(n) for n in range(4)]), seed=seed)
            return order

        seen = {tuple(orders(seed)) for seed in range(20)}
        self.assertGreater(len(seen), 1)
        for seed in range(5):
            self.assertEqual(orders(seed), orders(seed))

    def test_a_thread_that_fails(self):
        with self.assertRaises(pyt.ScheduleFailed):
            pyt.run(lambda: both(lambda: 1 // 0))

    def test_a_deadlock(self):
        for seed in range(50):
            try:
                pyt.run(abba, seed=seed)
            except pyt.Deadlock as deadlock:
                self.assertEqual(deadlock.failure.kind, "deadlock")
                break
        else:
            self.fail("no deadlock in 50 seeds")


class Markers(unittest.TestCase):
    def test_atomic_leaves_no_switch_inside(self):
        def careful():
            box = {"count": 0}

            def add():
                with pyt.atomic():
                    box["count"] += 1

            both(add, add)
            assert box["count"] == 2

        pyt.explore(careful, schedules=100).check()

    def test_a_point_is_a_switch(self):
        def pointed():
            box = {"count": 0}

            def add():
                seen = box["count"]
                pyt.point()
                box["count"] = seen + 1

            both(add, add)
            assert box["count"] == 2

        self.assertFalse(pyt.explore(pointed, granularity="sync").ok)

    def test_both_outside_of_an_exploration(self):
        pyt.point()
        with pyt.atomic():
            pyt.point()


if __name__ == "__main__":
    unittest.main()
