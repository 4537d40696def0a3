# expect: silent
# options: --inject interrupt
import asyncio

closed = []


async def main():
    async def worker():
        try:
            await asyncio.sleep(3600)
        finally:
            closed.append("worker")

    task = asyncio.create_task(worker())
    await asyncio.sleep(0.1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert closed == ["worker"]


asyncio.run(main())
