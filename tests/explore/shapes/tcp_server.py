"""A server and its client in two threads."""
import socket, threading
s = socket.create_server(("127.0.0.1", 0))
def serve():
    c, _ = s.accept()
    with c: c.sendall(b"ok")
t = threading.Thread(target=serve); t.start()
with socket.create_connection(s.getsockname()) as c: assert c.recv(2) == b"ok"
t.join(); s.close()
