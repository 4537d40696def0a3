# needs: urllib3
import threading, http.server
import urllib3
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
pool = urllib3.PoolManager()
answers = [pool.request("POST", f"http://127.0.0.1:{server.server_port}/", body=f"abc{i}") for i in range(3)]
print([(a.status, a.data) for a in answers])
