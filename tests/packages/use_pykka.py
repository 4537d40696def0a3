"""pykka: actors on threads: ask, tell, proxies, errors, timeouts, chains of actors, stopping."""
import logging
import threading
import time

import pykka

PATIENCE = 120


class Counter(pykka.ThreadingActor):
    step = 1

    def __init__(self, start=0):
        super().__init__()
        self.count = start
        self.threads = set()

    def on_receive(self, message):
        self.threads.add(threading.get_ident())
        match message:
            case "next":
                self.count += self.step
                return self.count
            case "fail":
                raise LookupError("in the actor")
            case "threads":
                return len(self.threads)
            case ("wait", event):
                return event.wait(PATIENCE)

    def add(self, amount):
        self.count += amount
        return self.count


def asked_by_many():
    counter = Counter.start()
    answers, lock = [], threading.Lock()

    def work():
        mine = [counter.ask("next", timeout=PATIENCE) for _ in range(100)]
        assert mine == sorted(mine)
        with lock:
            answers.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(1, 501))
    assert counter.ask("threads") == 1
    for _ in range(100):
        counter.tell("next")
    assert counter.ask("next", timeout=PATIENCE) == 601
    counter.stop()
    assert not counter.is_alive()


def errors_and_timeouts():
    counter = Counter.start(5)
    for _ in range(3):
        try:
            counter.ask("fail", timeout=PATIENCE)
        except LookupError as error:
            assert error.args == ("in the actor",)
        else:
            raise AssertionError("no error")
    assert counter.ask("next") == 6  # it lives on
    event = threading.Event()
    future = counter.ask(("wait", event), block=False)
    try:
        future.get(timeout=0.02)
    except pykka.Timeout as error:
        assert "0.02" in str(error)
    else:
        raise AssertionError("no timeout")
    event.set()
    assert future.get(timeout=PATIENCE) is True
    counter.stop()
    for call in (counter.ask, counter.tell):
        try:
            call("next")
        except pykka.ActorDeadError:
            pass
        else:
            raise AssertionError("a dead actor answered")


def told_to_fail():
    """An actor that fails at what was only told logs it, calls on_failure and dies, if it is one
    of those errors that end a program."""
    failed = threading.Event()

    class Fragile(pykka.ThreadingActor):
        def on_receive(self, message):
            raise message

        def on_failure(self, exception_type, exception_value, traceback):
            self.actor_ref.seen = (exception_type, str(exception_value))
            failed.set()

    records = []
    log = logging.getLogger("pykka")
    log.propagate = False
    handler = logging.Handler()
    handler.emit = records.append
    log.addHandler(handler)
    fragile = Fragile.start()
    fragile.tell(ValueError("told"))
    assert failed.wait(PATIENCE)
    fragile.actor_stopped.wait(PATIENCE)
    assert not fragile.is_alive()
    assert fragile.seen == (ValueError, "told")
    assert any("Unhandled exception" in record.getMessage() for record in records)
    log.removeHandler(handler)


def proxies():
    counter = Counter.start(10).proxy()
    futures = [counter.add(1) for _ in range(100)]
    assert pykka.get_all(futures, timeout=PATIENCE) == list(range(11, 111))
    assert counter.count.get() == 110
    counter.count = 7
    assert counter.count.get() == 7 and counter.step.get() == 1
    counter.add.defer(3)
    assert counter.count.get(timeout=PATIENCE) == 10
    try:
        counter.nothing
    except AttributeError:
        pass
    else:
        raise AssertionError("an attribute from nowhere")
    doubled = counter.add(5).map(lambda value: value * 2)
    assert doubled.get(timeout=PATIENCE) == 30
    joined = counter.add(0).join(counter.add(1), counter.add(2))
    assert joined.get(timeout=PATIENCE) == [15, 16, 18]
    counter.stop()


def chains():
    """Each actor asks the next one; the first question goes through all of them."""

    class Link(pykka.ThreadingActor):
        def __init__(self, follower):
            super().__init__()
            self._follower = follower  # private: a proxy looks into all public attributes

        def total(self, value):
            if self._follower is None:
                return value
            return self._follower.total(value + 1).get(timeout=PATIENCE)

    follower = None
    for _ in range(20):
        follower = Link.start(follower).proxy()
    assert pykka.get_all([follower.total(n) for n in range(20)]) == list(range(19, 39))
    assert len(pykka.ActorRegistry.get_by_class(Link)) == 20
    assert pykka.ActorRegistry.stop_all(timeout=PATIENCE) == [True] * 20


def hooks_and_broadcasts():
    events, lock = [], threading.Lock()

    def note(what):
        with lock:
            events.append(what)

    class Hooked(pykka.ThreadingActor):
        use_daemon_thread = True

        def on_start(self):
            note("start")

        def on_stop(self):
            note("stop")

        def on_receive(self, message):
            note(message)

    refs = [Hooked.start() for _ in range(5)]
    pykka.ActorRegistry.broadcast("hello", target_class="Hooked")
    for ref in refs:
        ref.stop()
    assert sorted(events) == ["hello"] * 5 + ["start"] * 5 + ["stop"] * 5
    assert pykka.ActorRegistry.get_all() == []


def a_stopping_actor_answers_the_rest():
    slow = Counter.start()
    gate = threading.Event()
    slow.tell(("wait", gate))
    stopped = slow.stop(block=False)
    unheard = slow.ask("next", block=False)
    gate.set()
    assert stopped.get(timeout=PATIENCE) is True
    try:
        unheard.get(timeout=PATIENCE)
    except pykka.ActorDeadError:
        pass
    else:
        raise AssertionError("answered after it was stopped")


before = threading.active_count()
asked_by_many()
errors_and_timeouts()
told_to_fail()
proxies()
chains()
hooks_and_broadcasts()
a_stopping_actor_answers_the_rest()
deadline = time.monotonic() + PATIENCE
while threading.active_count() > before and time.monotonic() < deadline:
    time.sleep(0.01)
assert threading.active_count() == before, threading.enumerate()
