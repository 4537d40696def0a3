# expect: silent
import asyncio
import threading

loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()


async def answer():
    await asyncio.sleep(0.1)
    return 42


assert asyncio.run_coroutine_threadsafe(answer(), loop).result() == 42
loop.call_soon_threadsafe(loop.stop)
thread.join()
loop.close()
