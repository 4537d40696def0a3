# expect: deadlock
import asyncio
import threading


async def main():
    queue = asyncio.Queue()
    # Not thread-safe: the loop is not woken.
    threading.Thread(target=lambda: queue.put_nowait(1)).start()
    assert await queue.get() == 1


asyncio.run(main())
