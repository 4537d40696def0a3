# needs: httpx
import asyncio, httpx
async def app(scope, receive, send):
    body = f"{scope['method']} {scope['path']} {scope['query_string'].decode()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": body})
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        answers = await asyncio.gather(*(client.get("/p", params={"i": i}) for i in range(3)))
        print([a.text for a in answers], answers[0].headers["x"])
asyncio.run(main())
with httpx.Client(transport=httpx.MockTransport(lambda r: httpx.Response(404, json={"u": str(r.url)}))) as client:
    answer = client.get("http://z/ä")
    try: answer.raise_for_status()
    except httpx.HTTPStatusError as error: print(answer.json(), str(error).splitlines()[0])
