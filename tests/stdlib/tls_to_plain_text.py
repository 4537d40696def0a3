"""A client of TLS says of a server that answers in plain text what OpenSSL says."""

import socket
import ssl
import threading

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for answer in (b"HTTP/1.0 501 Not Implemented\r\nConnection: close\r\n\r\n", b"220 mail ESMTP ready\r\n"):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            peer = listener.accept()[0]
            with peer:
                peer.sendall(answer)
                # Until the client is gone.
                try:
                    while peer.recv(4096):
                        pass
                except ConnectionError:
                    pass

        server = threading.Thread(target=serve)
        server.start()
        with socket.create_connection(listener.getsockname()) as client:
            try:
                context.wrap_socket(client)
            except ssl.SSLError as error:
                assert type(error) is ssl.SSLError, error
                assert error.reason == "WRONG_VERSION_NUMBER" and error.library == "SSL", vars(error)
                number, text = error.args
                assert number == error.errno == ssl.SSL_ERROR_SSL, error.args
                assert text.startswith("[SSL: WRONG_VERSION_NUMBER] wrong version number"), text
                assert text == str(error) == error.strerror
            else:
                raise AssertionError(answer)
        server.join()
