"""Timeouts and groups of tasks."""
import asyncio
async def main():
    try:
        async with asyncio.timeout(0.1): await asyncio.sleep(10)
    except TimeoutError: pass
    async with asyncio.TaskGroup() as g:
        a = g.create_task(asyncio.sleep(0.1, 1)); b = g.create_task(asyncio.sleep(0.2, 2))
    assert (a.result(), b.result()) == (1, 2)
asyncio.run(main())
