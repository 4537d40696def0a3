# expect: silent
# options: --clock jitter
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    order = []
    now = loop.time()
    for number in range(4):
        loop.call_at(now + number / 1000, order.append, number)
    await asyncio.sleep(1)
    assert order == [0, 1, 2, 3], order


asyncio.run(main())
