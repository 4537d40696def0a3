"""Download pages side by side with a thread pool.

Waiting for a server is what threads are best at: while one download waits, the others go on.
The program brings its own server, on a port that the system chooses, so it needs no network.
"""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = 12
WORKERS = 4


class SlowPages(BaseHTTPRequestHandler):
    """Answers `/page/N` with N * 100 bytes, after a delay like that of a distant server."""

    def do_GET(self):
        prefix, _, number = self.path.rpartition("/")
        if prefix != "/page" or not number.isdigit():
            self.send_error(404, "No such page")
            return
        time.sleep(0.05)
        body = b"x" * (int(number) * 100)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass  # the default writes a line to stderr for each request


def download(address, path):
    """Fetch one page. Raises when the server does not answer with 200."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {response.reason}")
        return body
    finally:
        connection.close()


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowPages)
    threading.Thread(target=server.serve_forever, name="server").start()
    try:
        paths = [f"/page/{n}" for n in range(1, PAGES + 1)] + ["/missing"]
        sizes, failures = {}, []
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            futures = {pool.submit(download, server.server_address, path): path for path in paths}
            # as_completed gives each download as it ends, whichever was asked for first.
            for future in as_completed(futures):
                try:
                    sizes[futures[future]] = len(future.result())
                except RuntimeError as error:
                    failures.append(str(error))
    finally:
        server.shutdown()
        server.server_close()

    for path in paths:
        if path in sizes:
            print(f"{path}: {sizes[path]} bytes")
    print(f"downloaded {len(sizes)} pages, {sum(sizes.values())} bytes")
    print("failed:", *failures)


if __name__ == "__main__":
    main()
