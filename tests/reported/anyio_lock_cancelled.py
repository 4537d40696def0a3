# expect: deadlock
# options: --inject cancel
# package: anyio==3.3.4
# fixed: anyio==3.5.0
import asyncio

import anyio


async def main():
    lock = anyio.Lock()

    async def use():
        async with lock:
            await asyncio.sleep(0.1)

    await asyncio.wait([asyncio.create_task(use()) for _ in range(3)])


asyncio.run(main())
