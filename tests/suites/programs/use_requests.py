# needs: requests
import threading, http.server
import requests
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"path": "%s"}' % self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with requests.Session() as session:
    answer = session.get(f"http://127.0.0.1:{server.server_port}/a", params={"b": "c d"})
print(answer.status_code, answer.json(), answer.headers["content-length"])
server.shutdown()
