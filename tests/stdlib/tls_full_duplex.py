# One thread reads from a TLS connection while another writes to it, on many connections at once: no
# byte is lost or moved, and nothing hangs. Timeouts, sockets that do not block, signals and closed
# sockets in the middle of it.
import ctypes
import os
import select
import signal
import socket
import ssl
import sys
import threading
import time
import weakref

FOLDER = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
HERE = os.path.join(FOLDER, "certificates")
PAIRS = 4
SIZE = int(os.environ.get("PYT_TEST_TLS_BYTES", 1_000_000))

server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain(os.path.join(HERE, "server.pem"))
client_context = ssl.create_default_context(cafile=os.path.join(HERE, "ca.pem"))


def pair():
    left, right = socket.socketpair()
    ends = {}

    def serve():
        ends["server"] = server_context.wrap_socket(right, server_side=True)

    shaking = threading.Thread(target=serve)
    shaking.start()
    client = client_context.wrap_socket(left, server_hostname="localhost")
    shaking.join()
    return client, ends["server"]


def pattern(start, size):
    block = bytes((start + i) % 251 for i in range(251))
    return (block * (size // 251 + 1))[:size]


def run(*functions):
    errors = []

    def guarded(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# Both ends write all they have before either has read all: four threads on each connection.
def write(end, data):
    for at in range(0, len(data), 65_000):
        end.sendall(data[at : at + 65_000])


def read(end, expected):
    buffer = bytearray(len(expected))
    view, at = memoryview(buffer), 0
    while at < len(expected):
        count = end.recv_into(view[at:], 30_000) if at % 2 else end.recv_into(view[at:])
        assert count, (at, len(expected))
        at += count
    assert buffer == expected


jobs, ends = [], []
for number in range(PAIRS):
    client, server = pair()
    ends += [client, server]
    up, down = pattern(number, SIZE), pattern(number + 100, SIZE)
    jobs += [
        lambda end=client, data=up: write(end, data),
        lambda end=server, data=up: read(end, data),
        lambda end=server, data=down: write(end, data),
        lambda end=client, data=down: read(end, data),
    ]
run(*jobs)
for end in ends:
    end.close()

client, server = pair()

# send takes all; a write that the peer takes nothing of ends at its timeout, and its repetition goes on where
# it was, also in the middle.
def read_exactly(count):
    data = bytearray()
    while len(data) < count:
        data += server.recv(count - len(data))
    return bytes(data)


SMALL, LARGE = pattern(7, 16_384), pattern(8, 5_000_000)
for payload in (SMALL, LARGE):
    client.settimeout(0.2)
    sent = 0
    try:
        while True:
            assert client.send(payload) == len(payload)
            sent += 1
    except TimeoutError as error:
        assert "write operation timed out" in str(error), error
    client.settimeout(None)
    received = []

    def read_payloads():
        for _ in range(sent + 1):
            received.append(read_exactly(len(payload)))

    reading = threading.Thread(target=read_payloads)
    reading.start()
    assert client.send(payload) == len(payload)
    reading.join()
    assert sent == 0 or payload is SMALL, sent
    assert all(data == payload for data in received)

# A read ends at its timeout, counted once however many records without data come.
client.settimeout(0.2)
begun = time.monotonic()
try:
    client.recv(1)
except TimeoutError as error:
    assert "read operation timed out" in str(error), error
else:
    raise AssertionError("read what nobody sent")
assert 0.1 < time.monotonic() - begun < 60

# Sockets that do not block: as select says.
client.setblocking(False)
try:
    client.recv(1)
except ssl.SSLWantReadError:
    pass
else:
    raise AssertionError("read what nobody sent")
expected = 5_000_000
owed = [b"y" * expected]
try:
    client.send(owed[0])
except ssl.SSLWantWriteError:
    pass
else:
    raise AssertionError("a socket took 5 MB that nobody read")
total = 0
server.setblocking(False)
while total < expected:
    readable, writable, _ = select.select([server], [client] if owed else [], [], 60)
    assert readable or writable
    if writable:
        try:
            assert client.send(owed[0]) == expected
            owed.clear()
        except ssl.SSLWantWriteError:
            pass
    if readable:
        try:
            while True:
                data = server.recv(65_536)
                assert set(data) == {ord("y")}
                total += len(data)
        except ssl.SSLWantReadError:
            pass
assert total == expected and not owed
client.setblocking(True)
server.setblocking(True)

# A signal's handler runs during a wait, which then goes on, or ends by what the handler raises.
seen = []
signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))


def signal_and_send():
    for _ in range(3):
        time.sleep(0.1)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
    server.sendall(b"after signals")


sending = threading.Thread(target=signal_and_send)
sending.start()
assert client.recv(100) == b"after signals"
sending.join()
assert seen


def interrupted(*_):
    raise KeyboardInterrupt


signal.signal(signal.SIGUSR1, interrupted)
killing = threading.Timer(0.2, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
killing.start()
try:
    client.recv(1)
except KeyboardInterrupt:
    pass
else:
    raise AssertionError("a wait was not interrupted")
killing.join()

# The peer ends its side while this one still reads; then the connection is plain again.
plain = {}


def unwrap():
    server.sendall(b"last")
    plain["server"] = server.unwrap()
    plain["server"].sendall(b"plain")


closing = threading.Thread(target=unwrap)
closing.start()
assert client.recv(100) == b"last"
assert client.recv(100) == b""
plain["client"] = client.unwrap()
closing.join()
assert plain["client"].recv(100) == b"plain"
plain["client"].sendall(b"back")
assert plain["server"].recv(100) == b"back"
plain["client"].close()
plain["server"].close()

# The peer is gone without a word.
client, server = pair()
socket.socket(fileno=server.detach()).close()
try:
    data = client.recv(1)
    assert data == b"", data
except (ssl.SSLError, ConnectionError):
    pass
client.close()

# What failed for want of room has to be repeated: other data, which is shorter, does not take its place.
client, server = pair()
client.setblocking(False)
try:
    client.send(bytes(5_000_000))
except ssl.SSLWantWriteError:
    pass
try:
    client.send(b"other")
except ssl.SSLError as error:
    assert error.reason == "BAD_LENGTH", error
else:
    raise AssertionError("a write took the place of another one")
client.close()
server.close()

# Without a socket a write takes all.
to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
near = client_context.wrap_bio(to_client, to_server, server_hostname="localhost")
far = server_context.wrap_bio(to_server, to_client, server_side=True)
shaken = set()
while len(shaken) < 2:
    for end in (near, far):
        try:
            end.do_handshake()
            shaken.add(end)
        except ssl.SSLWantReadError:
            pass
assert near.write(LARGE) == len(LARGE)
got = bytearray()
while len(got) < len(LARGE):
    got += far.read(65_536)
assert got == LARGE

# Several threads write to one connection: no byte is lost, and a write of a record's size is in one piece.
# CPython does not promise this and what follows.
if "RustPython" in sys.version:
    client, server = pair()
    LETTERS = [b"a", b"b", b"c"]
    CALLS = 60
    got = bytearray()

    def write_letter(letter):
        for _ in range(CALLS):
            client.sendall(letter * 8000)

    def read_letters():
        while len(got) < len(LETTERS) * CALLS * 8000:
            got.extend(server.recv(100_000))

    run(read_letters, *[lambda letter=letter: write_letter(letter) for letter in LETTERS])
    for letter in LETTERS:
        assert got.count(letter) == CALLS * 8000
    for at in range(0, len(got), 8000):
        assert len(set(got[at : at + 8000])) == 1, at

    # What another thread raises in one that waits ends the wait.
    class Stop(Exception):
        pass

    stopped = []

    def wait():
        try:
            client.recv(1)
        except Stop:
            stopped.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    raise_in(ctypes.c_ulong(waiting.ident), ctypes.py_object(Stop))
    waiting.join()
    assert stopped
    client.close()
    server.close()

# A socket and its TLS connection do not keep each other alive.
client, server = pair()
watched = weakref.ref(client)
client.close()
server.close()
del client
assert watched() is None
