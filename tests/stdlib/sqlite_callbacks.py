"""What `sqlite3` says of exceptions in callbacks, and callbacks that are given by name."""

import sqlite3
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
connection = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)

# An exception that no caller gets names the callback.
seen = []
sys.unraisablehook = seen.append
sqlite3.enable_callback_tracebacks(True)


def bad():
    1 / 0


connection.create_function("bad", 0, bad)
try:
    connection.execute("select bad()")
except sqlite3.OperationalError:
    pass
else:
    raise AssertionError
(shown,) = seen
assert shown.exc_type is ZeroDivisionError and shown.object is None
assert shown.err_msg == f"Exception ignored on sqlite3 callback {bad!r}", shown.err_msg
sqlite3.enable_callback_tracebacks(False)

# By their names.
statements = []
connection.set_trace_callback(trace_callback=statements.append)
connection.execute("select 1")
assert statements == ["select 1"], statements
connection.set_trace_callback(trace_callback=None)
connection.set_authorizer(authorizer_callback=lambda *_: sqlite3.SQLITE_DENY)
try:
    connection.execute("select 1")
except sqlite3.DatabaseError as error:
    assert str(error) == "not authorized"
else:
    raise AssertionError
connection.set_authorizer(authorizer_callback=None)

# A converter is not called for nothing.
sqlite3.register_converter("upper", bytes.upper)
connection.execute("create table t (x upper)")
connection.executemany("insert into t values (?)", [(b"a",), (b"",), (None,)])
assert [x for (x,) in connection.execute("select x from t")] == [b"A", None, None]
