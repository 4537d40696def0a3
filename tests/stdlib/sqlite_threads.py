# SQLite from several threads: connections of their own to one file, one connection that all share, and
# functions of the program's that SQLite calls.
import contextlib
import os
import sqlite3
import tempfile
import threading
import time

THREADS = 8
ROWS = 100_000


def in_threads(function, count=THREADS):
    errors = []

    def run(number):
        try:
            function(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def connect(path, **settings):
    return contextlib.closing(sqlite3.connect(path, timeout=120, **settings))


# Each thread has a connection of its own to one file: none of the rows is lost.
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "rows.db")
    with connect(path) as db:
        db.execute("create table rows(thread integer, number integer, primary key(thread, number))")

    def write(thread):
        share = ROWS // THREADS
        with connect(path) as db:
            for start in range(0, share, share // 10):
                with db:
                    db.executemany(
                        "insert into rows values(?, ?)",
                        ((thread, number) for number in range(start, start + share // 10)),
                    )

    in_threads(write)
    with connect(path) as db:
        [(count, total)] = db.execute("select count(*), sum(number) from rows").fetchall()
    assert count == ROWS, count
    share = ROWS // THREADS
    assert total == THREADS * share * (share - 1) // 2, total

    # A thread that waits for another's transaction lets that go on, whoever has the GIL.
    with connect(path, isolation_level=None) as holder:
        holder.execute("begin immediate")
        began = threading.Event()
        done = []

        def wait():
            with connect(path, isolation_level=None) as db:
                began.set()
                db.execute("begin immediate")
                done.append(True)
                db.execute("rollback")

        waiting = threading.Thread(target=wait)
        waiting.start()
        began.wait()
        deadline = time.monotonic() + 0.3
        turns = 0
        while time.monotonic() < deadline:
            turns += 1
        assert not done and turns > 100, (done, turns)
        holder.execute("rollback")
        waiting.join()
        assert done

    # It gives up at its timeout.
    with connect(path, isolation_level=None) as holder:
        holder.execute("begin immediate")
        with contextlib.closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as db:
            began = time.monotonic()
            try:
                db.execute("begin immediate")
            except sqlite3.OperationalError as error:
                assert str(error) == "database is locked", error
                assert error.sqlite_errorname == "SQLITE_BUSY", error.sqlite_errorname
            else:
                raise AssertionError("two transactions write")
            assert 0.15 < time.monotonic() - began < 60

# One connection for all threads: what one does is done before the next begins.
with connect(":memory:", check_same_thread=False) as db:
    db.execute("create table counts(name text primary key, value integer)")
    db.execute("insert into counts values('all', 0)")
    calls = []

    def twice(value):
        calls.append(value)
        return value * 2

    db.create_function("twice", 1, twice)

    def count(thread):
        for number in range(200):
            db.execute("update counts set value = value + 1 where name = 'all'")
            assert db.execute("select twice(?)", (number,)).fetchone() == (number * 2,)
            assert db.in_transaction

    in_threads(count)
    db.commit()
    assert db.execute("select value from counts").fetchone() == (THREADS * 200,)
    assert len(calls) == THREADS * 200

# The function may be set by a thread that is gone, and be called by one that has come since.
with connect(":memory:", check_same_thread=False) as db:

    class Longest:
        def __init__(self):
            self.longest = ""

        def step(self, text):
            self.longest = max(self.longest, text, key=len)

        def finalize(self):
            return self.longest

    in_threads(lambda _: db.create_function("name", 0, lambda: threading.current_thread().name), 1)
    in_threads(lambda _: db.create_aggregate("longest", 1, Longest), 1)
    in_threads(lambda _: db.create_collation("backwards", lambda a, b: (a < b) - (a > b)), 1)

    def use(_):
        assert db.execute("select name()").fetchone() == (threading.current_thread().name,)
        query = "with words(w) as (values('a'), ('ccc'), ('bb')) select "
        assert db.execute(query + "longest(w) from words").fetchone() == ("ccc",)
        rows = db.execute(query + "w from words order by w collate backwards").fetchall()
        assert rows == [("ccc",), ("bb",), ("a",)], rows

    in_threads(use)

    # A function may use the connection that calls it.
    db.create_function("nested", 0, lambda: db.execute("select 7").fetchone()[0])
    assert db.execute("select nested() + 1").fetchone() == (8,)

# Another thread can end a statement that runs.
with connect(":memory:", check_same_thread=False) as db:
    running = threading.Event()
    db.create_function("begun", 0, lambda: running.set())

    def endless(_):
        try:
            db.execute(
                "with recursive n(i) as (select begun() union all select 1 from n) select count(*) from n"
            ).fetchone()
        except sqlite3.OperationalError as error:
            assert str(error) == "interrupted", error
        else:
            raise AssertionError("it ended by itself")

    thread = threading.Thread(target=endless, args=(0,))
    thread.start()
    running.wait()
    db.interrupt()
    thread.join()

# A connection is its thread's unless it says otherwise.
with connect(":memory:") as db:
    cursor = db.cursor()

    def foreign(_):
        for use in (db.cursor, db.commit, lambda: cursor.execute("select 1"), lambda: db.execute("select 1")):
            try:
                use()
            except sqlite3.ProgrammingError as error:
                assert "created in a thread can only be used in that same thread" in str(error), error
            else:
                raise AssertionError("another thread used the connection")

    in_threads(foreign, 1)

# A cursor that is gone keeps no lock, although not all of its rows were fetched.
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "left.db")
    first = sqlite3.connect(path, timeout=1)
    first.execute("create table t (x)")
    first.executemany("insert into t values (?)", [(number,) for number in range(5)])
    first.commit()
    assert first.execute("select x from t").fetchone() == (0,)
    second = sqlite3.connect(path, timeout=1)
    assert second.execute("pragma journal_mode = wal").fetchall() == [("wal",)]
    second.close()
    first.close()
