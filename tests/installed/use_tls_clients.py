# requests, httpx and aiohttp over TLS: against a server of the library's, and aiohttp's own; from several threads.
# PYT_TEST_CERTIFICATES is the folder of the certificates.
import asyncio
import http.server
import os
import socketserver
import ssl
import threading

import aiohttp
import aiohttp.web
import httpx
import requests

HERE = os.environ["PYT_TEST_CERTIFICATES"]
AUTHORITY = os.path.join(HERE, "ca.pem")
THREADS, REQUESTS = 4, 10

server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain(os.path.join(HERE, "server.pem"))
client_context = ssl.create_default_context(cafile=AUTHORITY)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def finish_request(self, request, address):
        try:
            with server_context.wrap_socket(request, server_side=True) as request:
                super().finish_request(request, address)
        except (ssl.SSLError, ConnectionError):
            pass


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"https://localhost:{server.server_address[1]}/"


def bodies(thread):
    return [f"{thread} {number} ".encode() * 5000 for number in range(REQUESTS)]


def in_threads(function):
    errors = []

    def run(thread):
        try:
            function(thread)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def by_requests(thread):
    with requests.Session() as session:
        # REQUESTS_CA_BUNDLE of the machine would take its place.
        session.trust_env = False
        session.verify = AUTHORITY
        for body in bodies(thread):
            assert session.post(url, data=body, timeout=120).content == body


def by_httpx(thread):
    with httpx.Client(verify=client_context, timeout=120) as client:
        for body in bodies(thread):
            assert client.post(url, content=body).content == body


def by_httpx_in_a_loop(thread):
    async def post(client, body):
        assert (await client.post(url, content=body)).content == body

    async def main():
        async with httpx.AsyncClient(verify=client_context, timeout=120) as client:
            await asyncio.gather(*(post(client, body) for body in bodies(thread)))

    asyncio.run(main())


def by_aiohttp(thread):
    async def answer(request):
        return aiohttp.web.Response(body=await request.read())

    async def post(session, where, body):
        async with session.post(where, data=body, ssl=client_context) as response:
            assert await response.read() == body

    async def main():
        app = aiohttp.web.Application()
        app.router.add_post("/", answer)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context).start()
        own = f"https://localhost:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as session:
            for where in (url, own):
                await asyncio.gather(*(post(session, where, body) for body in bodies(thread)))
        await runner.cleanup()

    asyncio.run(main())


for clients in (by_requests, by_httpx, by_httpx_in_a_loop, by_aiohttp):
    in_threads(clients)

# What is not trusted.
def refused_by_requests():
    with requests.Session() as session:
        session.trust_env = False
        session.get(url, timeout=120)


def refused_by_httpx():
    httpx.get(url, timeout=120, trust_env=False)


for refused, get in ((requests.exceptions.SSLError, refused_by_requests), (httpx.ConnectError, refused_by_httpx)):
    try:
        get()
    except refused:
        pass
    else:
        raise AssertionError("a certificate of an unknown authority was accepted")
print("ok")
