"""Weak references across threads: callbacks, finalizers, weak containers shared by threads."""
import gc
import threading
import weakref

PATIENCE = 120


class Thing:
    def __init__(self, name=None):
        self.name = name


class Node:
    """Part of a cycle, so that only the collector ends it."""

    def __init__(self):
        self.itself = self


def run_all(*targets):
    problems = []

    def guarded(target):
        try:
            target()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def the_callback_runs_where_the_last_reference_goes():
    called = []
    box = [Thing()]
    reference = weakref.ref(box[0], lambda dead: called.append((dead, threading.get_ident())))
    dropper = threading.Thread(target=box.clear)
    dropper.start()
    dropper.join()
    gc.collect()
    assert reference() is None
    assert called == [(reference, dropper.ident)]


def a_callback_may_take_locks_and_start_threads():
    lock, done = threading.Lock(), threading.Event()

    def callback(_):
        with lock:
            thread = threading.Thread(target=done.set)
            thread.start()
            thread.join()

    def drop():
        thing = Thing()
        references.append(weakref.ref(thing, callback))
        del thing
        gc.collect()

    references = []
    run_all(drop, drop, drop)
    assert done.is_set() and not lock.locked()


def each_callback_runs_once():
    """Threads race for the last reference; whoever wins, every callback runs once."""
    called, lock = [], threading.Lock()

    def callback(reference):
        with lock:
            called.append(reference)

    rounds = 200
    things = [[Thing(n)] * 4 for n in range(rounds)]
    references = [weakref.ref(row[0], callback) for row in things]
    assert len({id(reference) for reference in references}) == rounds
    start = threading.Barrier(4)

    def drop(column):
        start.wait(PATIENCE)
        for row in things:
            row[column] = None

    run_all(*(lambda column=column: drop(column) for column in range(4)))
    gc.collect()
    assert all(reference() is None for reference in references)
    assert len(called) == rounds and set(map(id, called)) == set(map(id, references))


def upgrading_while_others_drop():
    """A reference gives the whole thing or None, never something in between."""
    current = [Thing(0)]
    reference = [weakref.ref(current[0])]
    stop = threading.Event()
    seen = [0]

    def look():
        while not stop.is_set():
            thing = reference[0]()
            if thing is not None:
                assert type(thing) is Thing and isinstance(thing.name, int)
                seen[0] += 1

    def replace():
        try:
            for n in range(2000):
                thing = Thing(n)
                reference[0] = weakref.ref(thing)
                current[0] = thing
        finally:
            stop.set()

    run_all(replace, look, look)


def finalizers():
    called, lock = [], threading.Lock()

    def note(n):
        with lock:
            called.append(n)

    def make(base):
        for n in range(100):
            thing = Thing()
            finalizer = weakref.finalize(thing, note, base + n)
            finalizer.atexit = False
            if n % 3 == 0:
                assert finalizer.detach() is not None
            elif n % 3 == 1:
                finalizer()
                assert finalizer() is None
            del thing
            assert finalizer.alive is False or gc.collect() is not None
            assert not finalizer.alive

    run_all(*(lambda base=base: make(base) for base in range(0, 400, 100)))
    expected = [base + n for base in range(0, 400, 100) for n in range(100) if n % 3]
    assert sorted(called) == expected


def weak_containers():
    registry, people, colours = weakref.WeakValueDictionary(), weakref.WeakSet(), {}
    colours = weakref.WeakKeyDictionary()
    lock = threading.Lock()

    def work(base):
        kept = []
        for n in range(base, base + 200):
            thing = Thing(n)
            with lock:
                registry[n] = thing
                people.add(thing)
                colours[thing] = n
            if n % 2:
                kept.append(thing)
            del thing
        with lock:
            for thing in kept:
                assert registry[thing.name] is thing
                assert thing in people and colours[thing] == thing.name
        with lock:
            survivors.extend(kept)

    survivors = []
    run_all(*(lambda base=base: work(base) for base in range(0, 1000, 200)))
    gc.collect()
    assert sorted(registry) == list(range(1, 1000, 2))
    assert len(people) == len(colours) == len(survivors) == 500
    survivors.clear()
    gc.collect()
    assert not registry and not people and not colours


def bound_methods():
    thing_called = []

    class Listener:
        def hear(self, what):
            thing_called.append(what)

    listener = Listener()
    reference = weakref.WeakMethod(listener.hear)
    run_all(*(lambda n=n: reference()(n) for n in range(5)))
    assert sorted(thing_called) == list(range(5))
    del listener
    gc.collect()
    assert reference() is None


def cycles_are_collected_while_threads_make_more():
    dead, lock = [0], threading.Lock()

    def callback(_):
        with lock:
            dead[0] += 1

    references = []

    def make():
        for n in range(200):
            node = Node()
            reference = weakref.ref(node, callback)
            with lock:
                references.append(reference)
            del node
            if n % 50 == 0:
                gc.collect()

    run_all(make, make, make)
    gc.collect()
    assert all(reference() is None for reference in references)
    assert dead[0] == len(references) == 600


def threads_can_be_referred_to_weakly():
    thread = threading.Thread(target=int)
    reference = weakref.ref(thread)
    thread.start()
    thread.join()
    del thread
    gc.collect()
    assert reference() is None
    gate = threading.Event()
    reference = weakref.ref(threading.Thread(target=gate.wait, args=(PATIENCE,)))
    gc.collect()
    assert reference() is None
    running = threading.Thread(target=gate.wait, args=(PATIENCE,))
    running.start()
    reference = weakref.ref(running)
    del running
    gc.collect()
    running = reference()
    assert running is not None  # a running thread keeps itself
    gate.set()
    running.join()
    for kind in (threading.Lock, threading.RLock, threading.Condition, threading.Event):
        value = kind()
        reference = weakref.ref(value)
        assert reference() is value
        del value
        gc.collect()
        assert reference() is None, kind


the_callback_runs_where_the_last_reference_goes()
a_callback_may_take_locks_and_start_threads()
each_callback_runs_once()
upgrading_while_others_drop()
finalizers()
weak_containers()
bound_methods()
cycles_are_collected_while_threads_make_more()
threads_can_be_referred_to_weakly()
