# expect: silent
import asyncio

started = []


async def work(number):
    started.append(number)


async def main():
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(work(number))
    assert started == list(range(5)), started


asyncio.run(main())
