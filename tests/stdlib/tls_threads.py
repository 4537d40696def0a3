# TLS on the loopback, client and server: http.client, urllib, asyncio, smtplib, from several threads, with a
# certificate that lies beside this file; what is not trusted is refused.
import asyncio
import http.client
import http.server
import os
import smtplib
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

FOLDER = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
HERE = os.path.join(FOLDER, "certificates")
AUTHORITY = os.path.join(HERE, "ca.pem")
CERTIFICATE = os.path.join(HERE, "server.pem")
BODY = b"x" * 100_000
THREADS = 8


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def client_context():
    return ssl.create_default_context(cafile=AUTHORITY)


def in_threads(function):
    errors = []

    def run():
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

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
    # Each connection shakes hands on its own thread.
    context = server_context()

    def finish_request(self, request, address):
        try:
            with self.context.wrap_socket(request, server_side=True) as request:
                super().finish_request(request, address)
        except (ssl.SSLError, ConnectionError):
            pass


server = Server(("127.0.0.1", 0), Handler)
port = server.server_address[1]
serving = threading.Thread(target=server.serve_forever, daemon=True)
serving.start()

# Several requests on one connection, from each thread.
context = client_context()


def request():
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=120)
    for _ in range(5):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.status == 200 and response.read() == BODY
        connection.request("POST", "/", body=BODY)
        assert connection.getresponse().read() == BODY
    socket_ = connection.sock
    assert socket_.version() in ("TLSv1.2", "TLSv1.3"), socket_.version()
    assert len(socket_.cipher()) == 3
    names = socket_.getpeercert()["subjectAltName"]
    assert ("DNS", "localhost") in names, names
    connection.close()


in_threads(request)

# urllib, and the names of the certificate.
with urllib.request.urlopen(f"https://localhost:{port}/", context=context, timeout=120) as response:
    assert response.read() == BODY
with urllib.request.urlopen(f"https://127.0.0.1:{port}/", context=context, timeout=120) as response:
    assert response.read() == BODY

# What is not trusted.
try:
    urllib.request.urlopen(f"https://localhost:{port}/", timeout=120)
except urllib.error.URLError as error:
    assert isinstance(error.reason, ssl.SSLCertVerificationError), error
    assert "certificate verify failed" in str(error), error
else:
    raise AssertionError("a certificate of an unknown authority was accepted")
with socket.create_connection(("127.0.0.1", port)) as plain:
    try:
        context.wrap_socket(plain, server_hostname="example.org")
    except ssl.SSLCertVerificationError:
        pass
    else:
        raise AssertionError("a certificate for another name was accepted")
unchecked = ssl._create_unverified_context()
with urllib.request.urlopen(f"https://localhost:{port}/", context=unchecked, timeout=120) as response:
    assert response.read() == BODY

# The authorities of SSL_CERT_FILE, in a process that has it from its start.
program = f"import urllib.request as r; print(len(r.urlopen('https://localhost:{port}/', timeout=120).read()))"
done = subprocess.run(
    [sys.executable, "-c", program],
    env={**os.environ, "SSL_CERT_FILE": AUTHORITY},
    capture_output=True,
    text=True,
)
assert done.stdout.strip() == str(len(BODY)), done

# A handshake that waits for its peer lets other threads run, and ends at its timeout.
with socket.create_server(("127.0.0.1", 0)) as silent:
    outcome = []

    def wait():
        with socket.create_connection(silent.getsockname(), timeout=1) as plain:
            try:
                context.wrap_socket(plain, server_hostname="localhost")
            except TimeoutError:
                outcome.append("timed out")

    waiting = threading.Thread(target=wait)
    waiting.start()
    accepted, _ = silent.accept()
    accepted.recv(1)
    turns = 0
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        turns += 1
    assert turns > 100 and not outcome, (turns, outcome)
    waiting.join()
    accepted.close()
    assert outcome == ["timed out"], outcome

# One thread reads from a connection while another writes to it, also while the peer takes no more.
left, right = socket.socketpair()
ends = {}


def serve():
    ends["server"] = server_context().wrap_socket(right, server_side=True)


shaking = threading.Thread(target=serve)
shaking.start()
ends["client"] = context.wrap_socket(left, server_hostname="localhost")
shaking.join()
received = []
SENT = 10 * len(BODY)


def echo():
    with ends["server"] as end:
        while data := end.recv(4096):
            end.sendall(data)


def read():
    while sum(map(len, received)) < SENT:
        received.append(ends["client"].recv(4096))


echoing, reading = threading.Thread(target=echo), threading.Thread(target=read)
echoing.start()
reading.start()
for start in range(0, SENT, len(BODY)):
    ends["client"].sendall(BODY)
reading.join()
ends["client"].close()
echoing.join()
assert b"".join(received) == 10 * BODY

# A write ends at its timeout.
left, right = socket.socketpair()
shaking = threading.Thread(target=serve)
shaking.start()
with context.wrap_socket(left, server_hostname="localhost") as end:
    shaking.join()
    end.settimeout(0.2)
    try:
        for _ in range(1000):
            end.sendall(BODY)
    except TimeoutError:
        pass
    else:
        raise AssertionError("nobody reads, and 100 MB were sent")
ends["server"].close()


# asyncio: a server and clients in one loop, each thread with a loop of its own.
async def talk():
    async def answer(reader, writer):
        writer.write(await reader.readexactly(len(BODY)))
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_context())
    number = listening.sockets[0].getsockname()[1]

    async def client():
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", number, ssl=client_context(), server_hostname="localhost"
        )
        writer.write(BODY)
        await writer.drain()
        assert await reader.readexactly(len(BODY)) == BODY
        writer.close()

    async with listening:
        await asyncio.gather(*(client() for _ in range(4)))


in_threads(lambda: asyncio.run(talk()))


# smtplib: STARTTLS.
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: (self.wfile.write(text + b"\r\n"), self.wfile.flush())
        say(b"220 ready")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"EHLO":
                say(b"250-localhost")
                say(b"250 STARTTLS")
            elif word == b"STARTTLS":
                say(b"220 go")
                self.request = server_context().wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
            elif word == b"DATA":
                say(b"354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                say(b"250 ok")
            elif word == b"QUIT":
                return say(b"221 bye")
            else:
                say(b"250 ok")


with socketserver.TCPServer(("127.0.0.1", 0), Mail) as mail:
    delivering = threading.Thread(target=mail.handle_request)
    delivering.start()
    with smtplib.SMTP("localhost", mail.server_address[1], timeout=120) as client:
        client.starttls(context=context)
        assert client.sendmail("a@localhost", ["b@localhost"], "hello") == {}
    delivering.join()

server.shutdown()
server.server_close()
