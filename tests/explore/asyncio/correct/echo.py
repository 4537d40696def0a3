# expect: silent
import asyncio


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def talk(port, name):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(2):
        writer.write(b"%s %d\n" % (name, number))
        await writer.drain()
        assert await reader.readline() == b"%s %d\n" % (name.upper(), number)
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*(talk(port, name) for name in (b"ann", b"bob", b"cid")))
    server.close()
    await server.wait_closed()


asyncio.run(main())
