# needs: starlette httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
async def home(request): return JSONResponse({"q": request.query_params.get("q"), "id": request.path_params["id"]})
async def stream(request): return StreamingResponse((str(i) for i in range(5)), media_type="text/plain")
async def socket(websocket):
    await websocket.accept(); await websocket.send_text((await websocket.receive_text()).upper()); await websocket.close()
client = TestClient(Starlette(routes=[Route("/{id:int}", home), Route("/s", stream), WebSocketRoute("/w", socket)]))
print(client.get("/5?q=x").json(), client.get("/s").text, client.get("/nope").status_code)
with client.websocket_connect("/w") as connection: connection.send_text("abc"); print(connection.receive_text())
