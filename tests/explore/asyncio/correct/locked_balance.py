# expect: silent
# options: --asyncio any
import asyncio

balance = 0


async def pay_in(lock):
    global balance
    async with lock:
        before = balance
        await asyncio.sleep(0)
        balance = before + 1


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(*(pay_in(lock) for _ in range(4)))
    assert balance == 4, balance


asyncio.run(main())
