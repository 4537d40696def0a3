# expect: deadlock
import asyncio
import threading


async def main():
    ready = asyncio.Event()
    threading.Thread(target=ready.set).start()
    await ready.wait()


asyncio.run(main())
