# expect: exception AssertionError
# options: --clock jitter=0.01
# package: async-timeout==4.0.3
# fixed: async-timeout==5.0.1
# A cancellation from without that comes with the timeout is lost.
import asyncio

from async_timeout import timeout


async def main():
    async def work():
        try:
            async with timeout(0.1):
                await asyncio.sleep(1)
        except asyncio.TimeoutError:
            pass
        await asyncio.sleep(1)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled(), "the task went on"


asyncio.run(main())
