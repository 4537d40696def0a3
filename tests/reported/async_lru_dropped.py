# expect: deadlock
# package: async-lru==2.0.2
# fixed: async-lru==2.0.3
import asyncio

from async_lru import alru_cache


@alru_cache(maxsize=1, ttl=10)
async def load(key):
    await asyncio.sleep(0.01 * key)
    return key


async def main():
    failed = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: failed.append(context["exception"]))
    await asyncio.gather(load(1), load(2))
    await asyncio.sleep(0)
    for exception in failed:
        raise exception


asyncio.run(main())
