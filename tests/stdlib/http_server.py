"""`http.server.ThreadingHTTPServer` with `http.client` and `urllib` clients in several threads."""
import http.client
import http.server
import json
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 120


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def log_message(self, *args):
        pass

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        match self.path.split("/")[1:]:
            case ["square", number]:
                with self.server.lock:
                    self.server.served += 1
                self.answer(200, json.dumps(int(number) ** 2).encode())
            case ["meet"]:
                # Answers only once all who shall meet are here.
                self.server.meeting.wait(PATIENCE)
                self.answer(200, b"met", "text/plain")
            case ["never"]:
                self.server.release.wait(PATIENCE)
                self.close_connection = True
            case _:
                self.send_error(404, "Nothing here")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, json.dumps({"length": len(body), "sum": sum(body)}).encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.request_queue_size = 64
server.socket.listen(64)
server.lock = threading.Lock()
server.served = 0
server.meeting = threading.Barrier(6)
server.release = threading.Event()
port = server.server_port
url = f"http://127.0.0.1:{port}"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
thread.start()


def get(path, timeout=PATIENCE):
    with opener.open(url + path, timeout=timeout) as response:
        return response.status, response.read()


def squares(n):
    """One connection, kept alive for many requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        for k in range(30):
            connection.request("GET", f"/square/{n * 100 + k}")
            response = connection.getresponse()
            assert response.status == 200
            assert json.loads(response.read()) == (n * 100 + k) ** 2
    finally:
        connection.close()


def posts(n):
    body = bytes(k % 251 for k in range(100_000 + n))
    request = urllib.request.Request(url + "/", data=body, method="POST")
    with opener.open(request, timeout=PATIENCE) as response:
        assert response.status == 201
        assert json.load(response) == {"length": len(body), "sum": sum(body)}


def missing(_):
    try:
        get("/nothing")
    except urllib.error.HTTPError as error:
        with error:
            assert error.code == 404 and error.reason == "Nothing here"
            assert b"Nothing here" in error.read()
    else:
        raise AssertionError("found")


try:
    with ThreadPoolExecutor(6) as pool:
        for task in (squares, posts, missing):
            assert list(pool.map(task, range(6))) == [None] * 6
        assert server.served == 180
        # Six requests must be inside their handlers at the same time.
        assert list(pool.map(get, ["/meet"] * 6)) == [(200, b"met")] * 6

        # Clients that give up, while others go on.
        impatient = [pool.submit(get, "/never", 0.1) for _ in range(3)]
        assert get("/square/9") == (200, b"81")
        for job in impatient:
            error = job.exception(PATIENCE)
            assert isinstance(error, TimeoutError | urllib.error.URLError), error
            if isinstance(error, urllib.error.URLError):
                assert isinstance(error.reason, TimeoutError)

    # Who says nothing sensible gets 400, and the server goes on.
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert b"400" in raw.recv(1000)
    assert get("/square/12") == (200, b"144")
finally:
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()

try:
    get("/square/1")
except urllib.error.URLError as error:
    assert isinstance(error.reason, ConnectionRefusedError)
else:
    raise AssertionError("still serving")
