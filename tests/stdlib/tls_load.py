# An HTTPS server and its clients, all in one process: many threads, many requests, each with a body of its own,
# on connections that are kept and on new ones; every answer is the right one, and the server has counted all.
#
# PYT_TEST_TLS=1: 64 threads and 10,000 requests, and what that took. With two Pythons: one runs this program with
# `serve PORT`, the other with `request PORT`.
import hashlib
import http.client
import http.server
import os
import socketserver
import ssl
import sys
import threading
import time

FOLDER = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
HERE = os.path.join(FOLDER, "certificates")
FULL = os.environ.get("PYT_TEST_TLS") == "1"
THREADS, REQUESTS = (64, 10_000) if FULL else (16, 320)
PER_CONNECTION = 10

counted = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = hashlib.sha256(body).hexdigest().encode() + body
        counted.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def finish_request(self, request, address):
        with self.context.wrap_socket(request, server_side=True) as request:
            super().finish_request(request, address)


def serve(port):
    Server.context.load_cert_chain(os.path.join(HERE, "server.pem"))
    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def request(port):
    context = ssl.create_default_context(cafile=os.path.join(HERE, "ca.pem"))
    numbers = iter(range(REQUESTS))
    taking = threading.Lock()
    errors = []

    def take():
        with taking:
            return [number for _, number in zip(range(PER_CONNECTION), numbers)]

    def run():
        try:
            while batch := take():
                connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=300)
                for number in batch:
                    body = str(number).encode() * (1 + number % 4000)
                    connection.request("POST", f"/{number}", body=body)
                    response = connection.getresponse()
                    assert response.status == 200, response.status
                    answer = response.read()
                    assert answer[64:] == body, number
                    assert answer[:64] == hashlib.sha256(body).hexdigest().encode(), number
                connection.close()
        except BaseException as error:
            errors.append(error)

    begun, used = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    if FULL:
        took, used = time.monotonic() - begun, time.process_time() - used
        print(f"{THREADS} threads, {REQUESTS} requests: {took:.1f} s, {used:.1f} s of processor time")


match sys.argv[1:]:
    case ["serve", port]:
        serve(int(port))
        print("serving", flush=True)
        sys.stdin.read()
        print(len(set(counted)))
    case ["request", port]:
        request(int(port))
    case _:
        server = serve(0)
        request(server.server_address[1])
        assert sorted(counted) == sorted(f"/{number}" for number in range(REQUESTS))
        server.shutdown()
        server.server_close()
