# expect: silent
import asyncio


async def main():
    queue = asyncio.Queue()
    got = []

    async def consume():
        while (item := await queue.get()) is not None:
            got.append(item)

    async def produce():
        for number in range(5):
            await queue.put(number)
            await asyncio.sleep(0)
        await queue.put(None)

    await asyncio.gather(consume(), produce())
    assert got == list(range(5)), got


asyncio.run(main())
