# expect: exception PoolTimeout
# options: --inject cancel
# package: httpcore[asyncio]==1.0.9
# A request that is cancelled when it has its connection, but not begun with it, leaves that in the
# pool for ever.
import asyncio

import httpcore


async def serve(reader, writer):
    while await reader.readline():
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:

        async def request():
            await pool.request("GET", address, extensions={"timeout": {"pool": 60}})

        done = await asyncio.gather(
            *(asyncio.create_task(request()) for _ in range(3)), return_exceptions=True
        )
        for result in done:
            if isinstance(result, httpcore.PoolTimeout):
                raise result
    server.close()


asyncio.run(main())
