# expect: exception AssertionError
# options: --clock any
import asyncio

fired = []


async def main():
    loop = asyncio.get_running_loop()
    timer = loop.call_later(10, fired.append, "timeout")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    timer.cancel()
    assert not fired, "it timed out within three steps"


asyncio.run(main())
