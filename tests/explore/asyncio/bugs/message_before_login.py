# expect: exception AssertionError
import asyncio

known = set()
refused = []


async def login(reader, writer):
    known.add((await reader.readline()).strip())
    writer.close()


async def message(reader, writer):
    name = (await reader.readline()).strip()
    if name not in known:
        refused.append(name)
    writer.close()


async def main():
    servers = [await asyncio.start_server(kind, "127.0.0.1", 0) for kind in (login, message)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    streams = [await asyncio.open_connection("127.0.0.1", port) for port in ports]
    for _, writer in streams:
        writer.write(b"ann\n")
    for reader, writer in streams:
        await reader.read()
        writer.close()
    for server in servers:
        server.close()
    assert not refused, "the message came before the login"


asyncio.run(main())
