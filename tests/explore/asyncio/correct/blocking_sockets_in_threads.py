# expect: silent
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))


def serve():
    for _ in range(2):
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(100).upper())


def talk(name):
    with socket.create_connection(server.getsockname()) as connection:
        connection.sendall(name)
        assert connection.recv(100) == name.upper()


threads = [threading.Thread(target=serve)]
threads += [threading.Thread(target=talk, args=(name,)) for name in (b"ann", b"bob")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
server.close()
