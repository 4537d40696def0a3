"""Coroutines that hand work to threads."""
import asyncio
import threading

log = []


def work(number):
    log.append(f"work {number}")
    return number * number


async def job(number):
    log.append(f"begin {number}")
    result = await asyncio.to_thread(work, number)
    log.append(f"end {number}")
    return result


async def main():
    print(await asyncio.gather(*(job(number) for number in range(3))))


asyncio.run(main())
print(log, threading.active_count())
