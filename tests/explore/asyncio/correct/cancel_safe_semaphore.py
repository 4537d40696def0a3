# expect: silent
# options: --inject cancel
import asyncio


async def main():
    permits = asyncio.Semaphore(1)

    async def use():
        async with permits:
            await asyncio.sleep(0)

    await asyncio.wait([asyncio.create_task(use()) for _ in range(3)])
    await permits.acquire()


asyncio.run(main())
