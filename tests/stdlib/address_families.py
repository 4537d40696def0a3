"""A socket of IPv4 refuses an address of IPv6, or takes it for the IPv4 address that it stands for."""

import socket

REFUSED = (socket.EAI_ADDRFAMILY, "Address family for hostname not supported")


def refused(call, *args):
    try:
        call(*args)
    except socket.gaierror as error:
        assert error.args == REFUSED, error
        return
    raise AssertionError((call, args))


for host in ("::1", "::", "2001:db8::1"):
    with socket.socket() as stream:
        for method in (stream.bind, stream.connect, stream.connect_ex):
            refused(method, (host, 0))
    with socket.socket(type=socket.SOCK_DGRAM) as packets:
        refused(packets.sendto, b"x", (host, 9))
        refused(packets.sendto, b"x", 0, (host, 9))
        refused(packets.sendmsg, [b"x"], [], 0, (host, 9))

refused(socket.gethostbyname, "::1")
assert socket.gethostbyname("::ffff:127.0.0.1") == socket.gethostbyname("127.0.0.1") == "127.0.0.1"
with socket.socket() as server, socket.socket() as client:
    server.bind(("::ffff:127.0.0.1", 0))
    server.listen()
    host, port = server.getsockname()
    assert host == "127.0.0.1"
    client.connect(("::ffff:127.0.0.1", port))
    assert client.getpeername() == (host, port)
    for wrong in ((host,), ("::1", port, 0, 0), 1, (1, 2), ("::1", "x")):
        try:
            client.connect(wrong)
        except (TypeError, socket.gaierror):
            pass
        else:
            raise AssertionError(wrong)

if socket.has_ipv6:
    with socket.socket(socket.AF_INET6) as stream:
        try:
            stream.bind(("::1", 0))
        except OSError:
            # There may be no such address here.
            pass
        else:
            assert stream.getsockname()[0] == "::1"
