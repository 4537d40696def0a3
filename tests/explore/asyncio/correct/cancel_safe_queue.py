# expect: silent
# options: --inject cancel
import asyncio


async def main():
    queue = asyncio.Queue(maxsize=1)

    async def put(item):
        await queue.put(item)

    puts = [asyncio.create_task(put(number)) for number in range(3)]
    try:
        async with asyncio.timeout(1):
            while True:
                await queue.get()
    except TimeoutError:
        pass
    assert all(task.done() for task in puts)


asyncio.run(main())
