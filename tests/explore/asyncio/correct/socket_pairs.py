# expect: silent
import asyncio
import socket


async def main():
    pairs = [socket.socketpair() for _ in range(3)]
    streams = [await asyncio.open_connection(sock=one) for one, _ in pairs]
    tasks = [asyncio.create_task(reader.readexactly(3)) for reader, _ in streams]
    await asyncio.sleep(0)
    for number, (_, other) in enumerate(pairs):
        other.sendall(b"%03d" % number)
    assert await asyncio.gather(*tasks) == [b"000", b"001", b"002"]
    for _, writer in streams:
        writer.close()
    for _, other in pairs:
        other.close()


asyncio.run(main())
