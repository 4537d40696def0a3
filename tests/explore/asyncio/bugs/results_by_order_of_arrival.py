# expect: exception AssertionError
import asyncio


def work(number):
    return number


async def main():
    loop = asyncio.get_running_loop()
    arrived = []
    futures = [loop.run_in_executor(None, work, number) for number in range(3)]
    for future in futures:
        future.add_done_callback(lambda future: arrived.append(future.result()))
    await asyncio.wait(futures)
    await asyncio.sleep(0)
    assert arrived == [0, 1, 2], arrived


asyncio.run(main())
