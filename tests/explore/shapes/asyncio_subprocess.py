"""A subprocess of an event loop."""
import asyncio
async def main():
    p = await asyncio.create_subprocess_exec("echo", "hi", stdout=asyncio.subprocess.PIPE)
    out, _ = await p.communicate()
    assert out == b"hi\n"
asyncio.run(main())
