"""An event loop that threads wake."""
import asyncio, threading
async def main():
    loop = asyncio.get_running_loop()
    f = loop.create_future()
    t = threading.Thread(target=loop.call_soon_threadsafe, args=(f.set_result, 7)); t.start()
    assert await f == 7
    t.join()
    assert await asyncio.to_thread(sum, [1, 2]) == 3
asyncio.run(main())
