# expect: exception AssertionError
# options: --include janus
# package: janus==1.1.0
# fixed: janus==1.2.0
# That all is done reaches the loop after the next item was put: join() goes round for ever, and
# nothing else in the loop goes on. (It is ended here, since a run without an end fails no schedule.)
import asyncio
import threading

import janus


class Queue(janus.Queue):
    rounds = 0

    def _check_closing(self):
        self.rounds += 1
        assert self.rounds < 100, "join() goes round"
        super()._check_closing()


async def main():
    queue = Queue()

    def work():
        queue.sync_q.get()
        queue.sync_q.task_done()

    await queue.async_q.put(1)
    thread = threading.Thread(target=work)
    thread.start()
    await queue.async_q.put(2)
    thread.join()
    asyncio.get_running_loop().call_later(1, queue.sync_q.task_done)
    await queue.async_q.join()


asyncio.run(main())
