# needs: uvicorn
import asyncio, urllib.request, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started: await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()))
    server.should_exit = True
    await task
asyncio.run(main())
