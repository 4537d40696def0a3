# expect: exception RuntimeError
import asyncio

members = {}


async def serve(reader, writer):
    name = (await reader.readline()).strip()
    members[name] = writer
    while line := await reader.readline():
        for other in members.values():
            other.write(line)
            await asyncio.sleep(0)
    del members[name]
    writer.close()


async def main():
    failed = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: failed.append(context.get("exception")))
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    for number, (_, writer) in enumerate(streams):
        writer.write(b"%d\n" % number)
    while len(members) < 3:
        await asyncio.sleep(0.01)
    streams[0][1].write(b"hello\n")
    streams[1][1].close()
    await asyncio.sleep(0.1)
    for _, writer in streams:
        writer.close()
    await asyncio.sleep(0.1)
    server.close()
    for exception in failed:
        raise exception


asyncio.run(main())
