# expect: exception AssertionError
# options: --include that_depends.providers*
# package: that-depends==1.24.0
# fixed: that-depends==2.0.0 typing_extensions
import threading

from that_depends import BaseContainer, providers


class Pool:
    pass


class Container(BaseContainer):
    pool = providers.Singleton(Pool)


pools = []
threads = [threading.Thread(target=lambda: pools.append(Container.pool.sync_resolve())) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert pools[0] is pools[1], "two singletons"
