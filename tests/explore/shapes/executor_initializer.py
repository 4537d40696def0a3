"""Threads of a pool with data of their own."""
from concurrent.futures import ThreadPoolExecutor
import threading
local = threading.local()
def init(v): local.v = v
with ThreadPoolExecutor(2, initializer=init, initargs=(3,)) as p:
    assert set(p.map(lambda _: local.v, range(4))) == {3}
