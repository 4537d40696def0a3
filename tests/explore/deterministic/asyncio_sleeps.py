"""Coroutines that sleep for the same time, and one whose timeout ties with its work."""
import asyncio

log = []


async def sleeper(name):
    await asyncio.sleep(0.002)
    log.append(name)


async def main():
    await asyncio.gather(*(sleeper(name) for name in "abc"))
    try:
        await asyncio.wait_for(sleeper("late"), 0.002)
    except TimeoutError:
        log.append("timeout")
    begin = asyncio.get_running_loop().time()
    await asyncio.sleep(0.001)
    log.append(asyncio.get_running_loop().time() - begin)


asyncio.run(main())
print(log)
