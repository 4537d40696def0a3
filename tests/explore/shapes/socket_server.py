"""A server with a thread for each request."""
import socketserver, socket, threading
class H(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(self.request.recv(10).upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), H) as s:
    t = threading.Thread(target=s.serve_forever, kwargs={"poll_interval": 0.01}); t.start()
    with socket.create_connection(s.server_address) as c:
        c.sendall(b"hi"); assert c.recv(10) == b"HI"
    s.shutdown(); t.join()
