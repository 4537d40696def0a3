# expect: exception AssertionError
# options: --clock any
import asyncio

accounts = {"a": 10, "b": 0}


async def transfer():
    accounts["a"] -= 5
    await asyncio.sleep(0.1)
    accounts["b"] += 5


async def main():
    try:
        async with asyncio.timeout(30):
            await transfer()
    except TimeoutError:
        pass
    assert sum(accounts.values()) == 10, accounts


asyncio.run(main())
