"""`socketserver.ThreadingTCPServer`: many clients at once, failing handlers, shutdown, closing."""
import contextlib
import io
import socket
import socketserver
import threading

PATIENCE = 120
CLIENTS = 8


class Echo(socketserver.StreamRequestHandler):
    timeout = PATIENCE

    def handle(self):
        with self.server.lock:
            self.server.names.add(threading.current_thread().name)
        for line in self.rfile:
            if line == b"fail\n":
                raise ValueError("asked to fail")
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, *args):
        super().__init__(*args)
        self.lock = threading.Lock()
        self.names = set()
        self.errors = []

    def handle_error(self, request, client_address):
        import sys

        with self.lock:
            self.errors.append(sys.exc_info()[1])


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="server")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        server.server_close()


def connect(server):
    return socket.create_connection(server.server_address, PATIENCE)


def run_all(work):
    problems = []

    def guarded(n):
        try:
            work(n)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def all_at_once():
    """Every client is connected before any of them speaks: one thread could not serve them."""
    together = threading.Barrier(CLIENTS)

    def talk(n):
        with connect(server) as client, client.makefile("rb") as answers:
            client.sendall(b"hello %d\n" % n)
            assert answers.readline() == b"HELLO %d\n" % n
            together.wait(PATIENCE)
            for line in range(100):
                client.sendall(b"line %d of %d\n" % (line, n))
                assert answers.readline() == b"LINE %d OF %d\n" % (line, n)
            client.shutdown(socket.SHUT_WR)
            assert answers.read() == b""

    with serving(Server(("127.0.0.1", 0), Echo)) as server:
        run_all(talk)
        assert len(server.names) == CLIENTS and not server.errors
    assert [t.name for t in threading.enumerate()] == ["MainThread"]


def handlers_that_fail():
    def talk(n):
        for _ in range(5):
            with connect(server) as client, client.makefile("rb") as answers:
                client.sendall(b"fail\n" if n % 2 else b"fine\n")
                client.shutdown(socket.SHUT_WR)
                assert answers.read() == (b"" if n % 2 else b"FINE\n")

    with serving(Server(("127.0.0.1", 0), Echo)) as server:
        run_all(talk)
    assert len(server.errors) == 5 * CLIENTS // 2
    assert {str(error) for error in server.errors} == {"asked to fail"}


def closing_waits_for_handlers():
    entered, finish, finished = threading.Event(), threading.Event(), []

    class Slow(socketserver.BaseRequestHandler):
        def handle(self):
            entered.set()
            finish.wait(PATIENCE)
            finished.append(self.request.recv(10))

    server = Server(("127.0.0.1", 0), Slow)
    with serving(server):
        with connect(server) as client:
            client.sendall(b"late")
            assert entered.wait(PATIENCE)
            threading.Timer(0.05, finish.set).start()
    assert finished == [b"late"]


def udp_too():
    class Answer(socketserver.DatagramRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.read()[::-1])

    def talk(n):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            for k in range(20):
                client.sendto(b"%d-%d" % (n, k), server.server_address)
                assert client.recv(100) == (b"%d-%d" % (n, k))[::-1]

    with serving(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer)) as server:
        run_all(talk)


def the_standard_report_of_an_error():
    stderr = io.StringIO()

    def talk():
        with connect(server) as client:
            client.sendall(b"fail\n")
            assert client.recv(1) == b""

    class Plain(socketserver.ThreadingTCPServer):
        lock, names = threading.Lock(), set()

    with contextlib.redirect_stderr(stderr):
        with serving(Plain(("127.0.0.1", 0), Echo)) as server:
            talk()
    report = stderr.getvalue()
    assert "Exception occurred during processing of request from" in report, report
    assert "ValueError: asked to fail" in report, report


all_at_once()
handlers_that_fail()
closing_waits_for_handlers()
udp_too()
the_standard_report_of_an_error()
