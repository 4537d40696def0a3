"""`wrap_bio` takes no connection that would not check what its context is to check."""
import ssl


def refused(context, message, **arguments):
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), **arguments)
    except ValueError as error:
        assert message in str(error), error
    else:
        raise AssertionError(arguments)


client = ssl.create_default_context()
assert client.check_hostname
refused(client, "check_hostname requires server_hostname")
refused(client, "check_hostname requires server_hostname", server_hostname="")
made = client.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
assert made.server_hostname == "localhost" and made.context is client
client.check_hostname = False
assert client.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO()).server_hostname is None

server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
refused(server, "server_hostname can only be specified in client mode", server_side=True, server_hostname="x")
assert server.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), True).server_side
