# expect: silent
# options: --clock any
import asyncio

inside = 0


async def use(permits):
    global inside
    try:
        async with asyncio.timeout(2), permits:
            inside += 1
            try:
                assert inside <= 2
                await asyncio.sleep(1)
            finally:
                inside -= 1
    except TimeoutError:
        pass


async def main():
    permits = asyncio.Semaphore(2)
    await asyncio.gather(*(use(permits) for _ in range(4)))
    async with asyncio.timeout(None):
        for _ in range(2):
            await permits.acquire()
    assert inside == 0


asyncio.run(main())
