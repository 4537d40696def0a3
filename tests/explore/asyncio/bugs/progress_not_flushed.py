# expect: exception AssertionError
import asyncio
import threading

seen = []


async def main():
    loop = asyncio.get_running_loop()
    over = threading.Event()

    def work():
        for number in range(2):
            loop.call_soon_threadsafe(seen.append, number)
        over.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not over.is_set():
        await asyncio.sleep(0.01)
    assert seen == [0, 1], seen


asyncio.run(main())
