# expect: deadlock
import asyncio
import threading


async def answer():
    return 42


async def main():
    loop = asyncio.get_running_loop()
    found = []

    def ask():
        found.append(asyncio.run_coroutine_threadsafe(answer(), loop).result())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [42]


asyncio.run(main())
