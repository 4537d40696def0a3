"""A database that threads share."""
import sqlite3, threading
c = sqlite3.connect(":memory:", check_same_thread=False)
c.execute("create table t (x)")
lock = threading.Lock()
def f(i):
    with lock: c.execute("insert into t values (?)", (i,))
ts = [threading.Thread(target=f, args=(i,)) for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert c.execute("select count(*) from t").fetchone() == (2,)
c.close()
