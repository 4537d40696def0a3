# expect: silent
import asyncio
import threading


async def main():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    seen = []

    def work():
        for number in range(3):
            loop.call_soon_threadsafe(seen.append, number)
        loop.call_soon_threadsafe(done.set_result, None)

    thread = threading.Thread(target=work)
    thread.start()
    await done
    assert seen == [0, 1, 2], seen
    await asyncio.to_thread(thread.join)


asyncio.run(main())
