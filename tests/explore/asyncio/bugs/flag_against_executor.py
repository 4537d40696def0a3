# expect: exception AssertionError
import asyncio

state = {"ready": False}


def prepare():
    state["ready"] = True


async def main():
    job = asyncio.get_running_loop().run_in_executor(None, prepare)
    await asyncio.sleep(0)
    assert state["ready"], "used before it was prepared"
    await job


asyncio.run(main())
