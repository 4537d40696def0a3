# expect: exception AssertionError
# options: --clock jitter
import asyncio


async def main():
    beat = asyncio.Event()

    async def heart():
        for _ in range(3):
            await asyncio.sleep(1)
            beat.set()

    async def monitor():
        for _ in range(3):
            beat.clear()
            try:
                await asyncio.wait_for(beat.wait(), 1.005)
            except TimeoutError:
                raise AssertionError("declared dead, and is alive") from None

    await asyncio.gather(heart(), monitor())


asyncio.run(main())
