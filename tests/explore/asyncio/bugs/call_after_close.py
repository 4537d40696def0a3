# expect: exception RuntimeError
import asyncio
import threading

progress = []
threads = []


async def main():
    loop = asyncio.get_running_loop()

    def report():
        for number in range(3):
            loop.call_soon_threadsafe(progress.append, number)

    threads.append(threading.Thread(target=report))
    threads[0].start()
    await asyncio.sleep(0)


asyncio.run(main())
threads[0].join()
