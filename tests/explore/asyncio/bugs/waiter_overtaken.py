# expect: exception IndexError
# options: --asyncio any
import asyncio


async def main():
    items = []
    ready = asyncio.Event()

    async def take():
        await ready.wait()
        while not items:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        items.pop()

    async def give():
        items.append(1)
        ready.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        items.append(2)

    await asyncio.gather(take(), take(), give())


asyncio.run(main())
