# expect: deadlock
"""A pool whose connection does not come back when the work on it raises.

Source: JaConTeBe's commons-dbcp and commons-pool leaks on exception paths.
Failure: the account is looked up before it exists, the handler of that error forgets the
connection, and the second client waits for ever for one.
"""
import queue
import threading

pool = queue.Queue()
pool.put("connection")
accounts = {}


def create_account():
    connection = pool.get()
    accounts["ann"] = 100
    pool.put(connection)


def charge_account():
    connection = pool.get()
    try:
        accounts["ann"] -= 30
    except KeyError:
        return  # no such account; the connection should have gone back
    pool.put(connection)


threads = [threading.Thread(target=create_account), threading.Thread(target=charge_account)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
