# expect: deadlock
import asyncio


async def both(one, other):
    async with one:
        await asyncio.sleep(0)
        async with other:
            pass


async def main():
    left, right = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(both(left, right), both(right, left))


asyncio.run(main())
