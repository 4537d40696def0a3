# expect: silent
"""A chat server and ten clients in one event loop: all read the same lines, in one order."""
import asyncio

CLIENTS = 10


async def main():
    writers = {}

    async def serve(reader, writer):
        name = (await reader.readline()).decode().strip()
        writers[name] = writer
        while line := await reader.readline():
            for other in list(writers.values()):
                other.write(name.encode() + b": " + line)
        del writers[name]
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    joined = asyncio.Barrier(CLIENTS)

    async def chat(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"client%d\n" % number)
        while len(writers) < CLIENTS:
            await asyncio.sleep(0.01)
        await joined.wait()
        writer.write(b"hello\n")
        heard = [(await reader.readline()).decode() for _ in range(CLIENTS)]
        await joined.wait()
        writer.close()
        return heard

    heard = await asyncio.gather(*(asyncio.create_task(chat(n)) for n in range(CLIENTS)))
    expected = sorted(f"client{n}: hello\n" for n in range(CLIENTS))
    assert all(sorted(lines) == expected for lines in heard), heard
    assert all(lines == heard[0] for lines in heard), "heard in different orders"
    server.close()


asyncio.run(main())
