# expect: deadlock
# options: --inject cancel
import asyncio


async def main():
    queue = asyncio.Queue()
    for number in range(3):
        queue.put_nowait(number)

    async def worker():
        while True:
            await queue.get()
            await asyncio.sleep(0.01)
            queue.task_done()

    workers = [asyncio.create_task(worker()) for _ in range(2)]
    await queue.join()
    for task in workers:
        task.cancel()


asyncio.run(main())
