"""blinker: signals sent from many threads to receivers that come, go and are collected."""
import asyncio
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import blinker
from blinker import ANY, NamedSignal, Namespace, Signal, signal

PATIENCE = 120


def run_all(*works):
    with ThreadPoolExecutor(len(works)) as pool:
        return [job.result(PATIENCE) for job in [pool.submit(work) for work in works]]


class Listener:
    def __init__(self):
        self.lock = threading.Lock()
        self.heard = []

    def hear(self, sender, **data):
        with self.lock:
            self.heard.append((sender, data.get("n")))
        return data.get("n")


def sent_from_many_threads():
    changed = Signal("something changed")
    everything, only_one = Listener(), Listener()
    changed.connect(everything.hear)
    changed.connect(only_one.hear, sender="sender 1")

    def work(name):
        answers = [changed.send(name, n=n) for n in range(100)]
        return [len(answer) for answer in answers]

    got = run_all(*(lambda k=k: work(f"sender {k}") for k in range(4)))
    assert got == [[1] * 100, [2] * 100, [1] * 100, [1] * 100]
    assert len(everything.heard) == 400 and len(only_one.heard) == 100
    for k in range(4):
        mine = [n for sender, n in everything.heard if sender == f"sender {k}"]
        assert mine == list(range(100))
    assert {sender for sender, _ in only_one.heard} == {"sender 1"}


def weak_receivers():
    """Receivers are held weakly: one that is gone is not called, wherever it went."""
    gone = Signal()
    listeners = [Listener() for _ in range(20)]
    for listener in listeners:
        gone.connect(listener.hear)
    watched = [weakref.ref(listener) for listener in listeners]
    assert len(gone.send("all")) == 20
    del listener

    dropper = threading.Thread(target=lambda: listeners.__delitem__(slice(5, None)))
    dropper.start()
    dropper.join()
    gc.collect()
    assert sum(reference() is not None for reference in watched) == 5
    assert len(gone.send("rest")) == 5 and len(gone.receivers) == 5
    listeners.clear()
    gc.collect()
    assert gone.send("nobody") == [] and not gone.receivers

    strong = Listener()
    gone.connect(strong.hear, weak=False)
    reference = weakref.ref(strong)
    del strong
    gc.collect()
    assert reference() is not None and len(gone.send("strong")) == 1


def receivers_come_and_go():
    """Each thread has its own signal's receivers come and go, and hears what it should."""
    space = Namespace()

    def work(k):
        mine = space.signal(k)
        assert mine is space.signal(k)
        for n in range(50):
            listener = Listener()
            with mine.connected_to(listener.hear):
                assert [value for _, value in mine.send(k, n=n)] == [n]
            assert mine.send(k, n=n) == []
            mine.connect(listener.hear, sender=k)
            assert mine.has_receivers_for(k) and not mine.has_receivers_for("other")
            assert len(mine.send(k)) == 1 and mine.send("other") == []
            mine.disconnect(listener.hear, sender=k)
            assert mine.send(k) == []
            assert listener.heard == [(k, n), (k, None)]

    run_all(*(lambda k=k: work(k) for k in "abcde"))
    assert len(space) == 5


def one_signal_many_connectors():
    """All connect to the same signal, under a lock as the package asks for, while one sends."""
    shared, lock = Signal(), threading.Lock()
    stop = threading.Event()
    counts = []

    def connect():
        kept = []
        for n in range(100):
            listener = Listener()
            with lock:
                shared.connect(listener.hear)
            if n % 2:
                kept.append(listener)
            with lock:
                del listener
        return kept

    def send():
        while True:
            with lock:
                counts.append(len(shared.send("sender")))
            if stop.is_set():
                break

    sender = threading.Thread(target=send)
    sender.start()
    try:
        kept = run_all(connect, connect, connect)
    finally:
        stop.set()
        sender.join()
    gc.collect()
    assert len(shared.send("sender")) == sum(map(len, kept)) == 150
    assert counts and max(counts) <= 153


def errors_and_muting():
    failing = Signal()

    def bad(sender):
        raise LookupError(sender)

    failing.connect(bad)
    for answer in run_all(*[lambda: raised(failing.send, "me")] * 4):
        assert type(answer) is LookupError and answer.args == ("me",)
    with failing.muted():
        assert run_all(lambda: failing.send("muted")) == [[]]
    assert isinstance(raised(failing.send, "again"), LookupError)


def raised(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        return error
    raise AssertionError("no error")


def coroutines():
    slow = signal("slow")
    assert slow is signal("slow") and isinstance(slow, NamedSignal)

    async def receive(sender):
        return await asyncio.to_thread(lambda: (sender, threading.get_ident()))

    slow.connect(receive, sender=ANY)

    def work():
        [(receiver, (sender, ident))] = asyncio.run(slow.send_async("asker"))
        assert receiver is receive and sender == "asker" and ident != threading.get_ident()

    run_all(work, work, work)


assert blinker.Signal is Signal
sent_from_many_threads()
weak_receivers()
receivers_come_and_go()
one_signal_many_connectors()
errors_and_muting()
coroutines()
