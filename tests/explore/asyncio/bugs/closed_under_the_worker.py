# expect: exception ValueError
import asyncio
import io


async def main():
    file = io.StringIO()

    def write():
        for _ in range(2):
            file.write("x")

    job = asyncio.get_running_loop().run_in_executor(None, write)
    await asyncio.sleep(0)
    file.close()
    await job


asyncio.run(main())
