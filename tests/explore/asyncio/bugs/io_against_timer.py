# expect: exception AssertionError
# options: --clock jitter
import asyncio
import socket


async def main():
    one, other = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=one)
    loop = asyncio.get_running_loop()
    loop.call_later(1, other.send, b"answer")
    try:
        answer = await asyncio.wait_for(reader.readexactly(6), 1.002)
    except TimeoutError:
        answer = None
    writer.close()
    other.close()
    assert answer == b"answer", "timed out although the answer had come"


asyncio.run(main())
