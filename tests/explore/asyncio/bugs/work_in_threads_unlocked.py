# expect: exception AssertionError
import asyncio

total = 0


def add():
    global total
    total += 1


async def main():
    await asyncio.gather(asyncio.to_thread(add), asyncio.to_thread(add))
    assert total == 2, total


asyncio.run(main())
