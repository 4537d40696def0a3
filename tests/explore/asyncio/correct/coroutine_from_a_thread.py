# expect: silent
import asyncio
import threading


async def answer(number):
    await asyncio.sleep(0)
    return 2 * number


async def main():
    loop = asyncio.get_running_loop()
    found = []

    def ask():
        future = asyncio.run_coroutine_threadsafe(answer(21), loop)
        found.append(future.result())

    thread = threading.Thread(target=ask)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert found == [42], found


asyncio.run(main())
