# expect: deadlock
import asyncio
import threading


async def main():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    threading.Thread(target=lambda: loop.call_soon(done.set_result, 1)).start()
    assert await done == 1


asyncio.run(main())
