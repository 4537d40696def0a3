# expect: exception AssertionError
# options: --clock any
import asyncio

orders = []


async def place():
    orders.append("order")
    await asyncio.sleep(0.2)


async def main():
    for _ in range(3):
        try:
            await asyncio.wait_for(place(), 5)
            break
        except TimeoutError:
            pass
    assert len(orders) == 1, orders


asyncio.run(main())
