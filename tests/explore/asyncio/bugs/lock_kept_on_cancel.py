# expect: deadlock
# options: --inject cancel
import asyncio


async def main():
    lock = asyncio.Lock()

    async def use():
        await lock.acquire()
        await asyncio.sleep(0.1)
        lock.release()

    await asyncio.wait([asyncio.create_task(use()) for _ in range(2)])


asyncio.run(main())
