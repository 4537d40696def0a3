# expect: deadlock
import asyncio


async def work():
    return 1


async def main():
    loop = asyncio.get_running_loop()
    asyncio.run_coroutine_threadsafe(work(), loop).result()


asyncio.run(main())
