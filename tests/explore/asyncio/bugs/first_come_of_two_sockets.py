# expect: exception AssertionError
import asyncio
import socket


async def main():
    pairs = [socket.socketpair() for _ in range(2)]
    streams = [await asyncio.open_connection(sock=one) for one, _ in pairs]
    got = []

    async def read(number):
        await streams[number][0].readexactly(1)
        got.append(number)

    readers = [asyncio.create_task(read(number)) for number in range(2)]
    await asyncio.sleep(0)
    for _, other in pairs:
        other.send(b"x")
    await asyncio.gather(*readers)
    for _, writer in streams:
        writer.close()
    for _, other in pairs:
        other.close()
    assert got == [0, 1], got


asyncio.run(main())
