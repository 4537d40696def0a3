# expect: deadlock
import asyncio

lock = asyncio.Lock()


async def inner():
    async with lock:
        return 1


async def main():
    async with lock:
        await inner()


asyncio.run(main())
