# expect: silent
import asyncio


async def main():
    lock = asyncio.Lock()
    order = []

    async def use(number):
        async with lock:
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(use(number) for number in range(4)))
    assert order == list(range(4)), order


asyncio.run(main())
