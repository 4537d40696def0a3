# expect: silent
import asyncio


def square(number):
    return number * number


async def main():
    results = await asyncio.gather(*(asyncio.to_thread(square, number) for number in range(4)))
    assert results == [0, 1, 4, 9], results


asyncio.run(main())
