# expect: exception AssertionError
# options: --include injector
# package: injector==0.20.1
# fixed: injector==0.21.0
# Each of two threads that first ask for a singleton may get one of its own.
import threading

from injector import Injector, singleton


@singleton
class Pool:
    pass


injector = Injector()
pools = []
threads = [threading.Thread(target=lambda: pools.append(injector.get(Pool))) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert pools[0] is pools[1], "two singletons"
