# expect: exception AssertionError
# options: --clock jitter
import asyncio

pool = ["connection"]


async def query():
    connection = pool.pop()
    await asyncio.sleep(1)
    pool.append(connection)


async def main():
    try:
        await asyncio.wait_for(query(), 1.005)
    except TimeoutError:
        pass
    assert pool, "the connection is lost"


asyncio.run(main())
