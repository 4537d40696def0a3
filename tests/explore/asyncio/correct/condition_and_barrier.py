# expect: silent
# options: --asyncio any
import asyncio


async def main():
    changed = asyncio.Condition()
    barrier = asyncio.Barrier(3)
    state = []

    async def work(number):
        await barrier.wait()
        async with changed:
            state.append(number)
            changed.notify_all()

    async def watch():
        async with changed:
            await changed.wait_for(lambda: len(state) == 3)
        assert sorted(state) == [0, 1, 2]

    await asyncio.gather(watch(), *(work(number) for number in range(3)))


asyncio.run(main())
