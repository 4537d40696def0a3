# expect: deadlock
import asyncio


async def main():
    queue = asyncio.Queue(maxsize=1)

    async def worker():
        while True:
            item = await queue.get()
            if item < 3:
                await queue.put(item + 1)
                await queue.put(item + 1)
            queue.task_done()

    task = asyncio.create_task(worker())
    await queue.put(0)
    await queue.join()
    task.cancel()


asyncio.run(main())
