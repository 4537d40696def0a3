# expect: exception RuntimeError
# options: --clock any
import asyncio


async def main():
    lock = asyncio.Lock()

    async def use():
        try:
            await asyncio.wait_for(lock.acquire(), 5)
        except TimeoutError:
            pass
        try:
            await asyncio.sleep(0.1)
        finally:
            lock.release()

    await asyncio.gather(use(), use())


asyncio.run(main())
