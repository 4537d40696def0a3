# expect: silent
# options: --inject cancel
import asyncio


async def main():
    lock = asyncio.Lock()

    async def use():
        async with lock:
            await asyncio.sleep(0.1)

    await asyncio.wait([asyncio.create_task(use()) for _ in range(3)])
    assert not lock.locked()


asyncio.run(main())
