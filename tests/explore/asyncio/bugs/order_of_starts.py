# expect: exception AssertionError
# options: --asyncio any
import asyncio

started = []


async def work(number):
    started.append(number)


async def main():
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work(number))
    assert started == [0, 1, 2], started


asyncio.run(main())
