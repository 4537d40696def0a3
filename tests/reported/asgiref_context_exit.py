# expect: deadlock
# options: --clock jitter=0.05
# package: asgiref==3.11.1
# fixed: asgiref==3.12.0
# The end of the context waits in the loop for the thread of its executor, which waits for the loop.
import asyncio

from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async


async def query():
    return 42


def view():
    return async_to_sync(query)()


async def main():
    async with ThreadSensitiveContext():
        request = asyncio.create_task(sync_to_async(view)())
        await asyncio.wait([request], timeout=0.01)
    await asyncio.gather(request, return_exceptions=True)


asyncio.run(main())
