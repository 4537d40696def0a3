# expect: exception AssertionError
# options: --clock jitter=0.2
import asyncio

holder = None
inside = 0
most = 0


async def work(name):
    global holder, inside, most
    while holder is not None:
        await asyncio.sleep(0.05)
    holder = name
    asyncio.get_running_loop().call_later(1.1, expire, name)
    inside += 1
    most = max(most, inside)
    for _ in range(2):
        await asyncio.sleep(0.5)
    inside -= 1
    if holder == name:
        holder = None


def expire(name):
    global holder
    if holder == name:
        holder = None


async def main():
    await asyncio.gather(work("one"), work("two"))
    assert most == 1, "two at once"


asyncio.run(main())
