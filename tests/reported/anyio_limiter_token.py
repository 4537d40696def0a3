# expect: deadlock
# options: --inject cancel
# package: anyio==4.9.0
# fixed: anyio==4.10.0
import asyncio

import anyio


async def main():
    limiter = anyio.CapacityLimiter(1)

    async def use():
        async with limiter:
            await asyncio.sleep(0.1)

    await asyncio.wait([asyncio.create_task(use()) for _ in range(3)])


asyncio.run(main())
