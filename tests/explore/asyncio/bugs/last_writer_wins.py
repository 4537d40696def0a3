# expect: exception AssertionError
import asyncio

stored = {}


async def serve(reader, writer):
    key, value = (await reader.readline()).split()
    stored[key] = value
    writer.write(b"ok\n")
    await writer.drain()
    writer.close()


async def put(port, value):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"key %s\n" % value)
    await reader.readline()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(put(port, b"old"), put(port, b"new"))
    server.close()
    assert stored[b"key"] == b"new", stored


asyncio.run(main())
