"""A server and its client in one event loop."""
import asyncio
async def serve(r, w):
    w.write(await r.readline()); await w.drain(); w.close()
async def main():
    s = await asyncio.start_server(serve, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*s.sockets[0].getsockname())
    w.write(b"hi\n"); assert await r.readline() == b"hi\n"
    w.close(); s.close()
asyncio.run(main())
