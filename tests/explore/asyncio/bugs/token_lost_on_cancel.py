# expect: exception AssertionError
# options: --inject cancel
import asyncio

free = 1


async def use():
    global free
    free -= 1
    await asyncio.sleep(0.1)
    free += 1


async def main():
    task = asyncio.create_task(use())
    await asyncio.wait([task])
    assert free == 1, free


asyncio.run(main())
