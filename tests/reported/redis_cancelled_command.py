# expect: exception AssertionError
# options: --inject cancel
# package: redis==4.5.3
# fixed: redis==4.5.5
import asyncio

from redis.asyncio import Redis


async def serve(reader, writer):
    """As much of Redis as it takes: GET answers with the key."""
    while line := await reader.readline():
        words = []
        for _ in range(int(line[1:])):
            await reader.readline()
            words.append((await reader.readline()).strip())
        if words[0] == b"GET":
            writer.write(b"$%d\r\n%s\r\n" % (len(words[1]), words[1]))
        else:
            writer.write(b"+OK\r\n")
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Redis(host="127.0.0.1", port=port, single_connection_client=True)

    async def get(key):
        assert await client.get(key) == key.encode(), "the answer to another command"

    done = await asyncio.gather(
        *(asyncio.create_task(get(key)) for key in ("one", "two", "three")), return_exceptions=True
    )
    for result in done:
        if isinstance(result, AssertionError):
            raise result
    server.close()


asyncio.run(main())
