# expect: silent
import asyncio


async def main():
    order = []

    async def put(number):
        await asyncio.sleep(number / 100)
        order.append(number)

    await asyncio.gather(*(put(number) for number in (3, 1, 2)))
    assert order == [1, 2, 3], order


asyncio.run(main())
