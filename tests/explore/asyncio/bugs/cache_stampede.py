# expect: exception AssertionError
import asyncio

cache = {}
loads = 0


async def load(key):
    global loads
    if key not in cache:
        loads += 1
        await asyncio.sleep(0.01)
        cache[key] = "value"
    return cache[key]


async def main():
    await asyncio.gather(load("a"), load("a"))
    assert loads == 1, loads


asyncio.run(main())
