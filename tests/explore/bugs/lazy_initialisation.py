# expect: exception AssertionError
# variable: connection
"""Lazy initialisation without a lock: the expensive thing is made twice.

Source: "Java Concurrency in Practice", listing 2.3 (LazyInitRace).
Failure: both threads find None, and two connections are opened where one was promised.
"""
import threading

opened = []
connection = None


def connect():
    opened.append("connection")
    return opened


def get_connection():
    global connection
    if connection is None:
        connection = connect()
    return connection


threads = [threading.Thread(target=get_connection) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert len(opened) == 1, f"{len(opened)} connections were opened"
