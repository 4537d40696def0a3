# expect: deadlock
# options: --clock jitter=0.01
# package: anyio==4.13.0
# fixed: anyio==4.14.0
# A waiter whose time is up, but who has not left the queue yet, hides the next one.
import asyncio

import anyio


async def main():
    lock = anyio.Lock()

    async def hold():
        async with lock:
            await asyncio.sleep(0.1)

    async def give_up():
        try:
            async with asyncio.timeout(0.104), lock:
                pass
        except TimeoutError:
            pass

    async def come_later():
        await asyncio.sleep(0.102)
        async with lock:
            pass

    await asyncio.gather(hold(), give_up(), come_later())


asyncio.run(main())
