# expect: silent
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    order = []
    for number in range(5):
        loop.call_soon(order.append, number)
    await asyncio.sleep(0)
    assert order == list(range(5)), order


asyncio.run(main())
