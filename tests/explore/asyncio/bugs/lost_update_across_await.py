# expect: exception AssertionError
import asyncio

balance = 0


async def pay_in():
    global balance
    before = balance
    await asyncio.sleep(0)
    balance = before + 1


async def main():
    await asyncio.gather(pay_in(), pay_in())
    assert balance == 2, balance


asyncio.run(main())
