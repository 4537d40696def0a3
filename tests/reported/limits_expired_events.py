# expect: exception AssertionError
# options: --clock jitter=0.05
# package: limits==5.2.0
# fixed: limits==5.3.0
# Events that expire are counted before the lock is taken: a new one is removed in their place.

import asyncio

from limits.aio.storage import MemoryStorage

async def main():
    storage = MemoryStorage()
    assert await storage.acquire_entry("client", 1, 1)
    await asyncio.sleep(5)

    async def request(key, delay):
        await asyncio.sleep(delay)
        return await storage.acquire_entry(key, 1, 1)

    answers = await asyncio.gather(
        request("other", 0), request("client", 0.01), request("client", 0.02)
    )
    assert answers[1:].count(True) == 1, answers

asyncio.run(main())
