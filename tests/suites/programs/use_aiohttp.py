# needs: source:aiohttp source:multidict source:yarl source:frozenlist source:propcache aiosignal aiohappyeyeballs attrs idna
import asyncio
from aiohttp import ClientSession, web
async def hello(request): return web.json_response({"name": request.match_info["name"], "q": dict(request.query)})
async def main():
    app = web.Application()
    app.router.add_get("/{name}", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/abc", params={"x": "1"}) as answer:
            print(answer.status, await answer.json())
    await runner.cleanup()
asyncio.run(main())
