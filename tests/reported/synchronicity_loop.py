# expect: exception Exception or deadlock
# options: --include synchronicity
# package: synchronicity==0.2.3
# fixed: synchronicity==0.2.14
# Each of two threads that need the loop first makes one: the second is refused, or the end of the
# process waits for the thread of the other loop.
import asyncio
import threading

from synchronicity import Synchronizer

synchronizer = Synchronizer()
loops = []


@synchronizer
async def work():
    loops.append(asyncio.get_running_loop())


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert loops[0] is loops[1], "two loops"
