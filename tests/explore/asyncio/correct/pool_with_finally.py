# expect: silent
# options: --clock any
import asyncio

pool = ["connection"]


async def query():
    connection = pool.pop()
    try:
        await asyncio.sleep(1)
    finally:
        pool.append(connection)


async def main():
    try:
        await asyncio.wait_for(query(), 1.005)
    except TimeoutError:
        pass
    assert pool == ["connection"]


asyncio.run(main())
