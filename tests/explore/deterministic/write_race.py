"""Pieces of text written to stdout by three threads, without newlines."""
import sys
import threading


def worker(piece):
    for _ in range(3):
        sys.stdout.write(piece)


threads = [threading.Thread(target=worker, args=(piece,)) for piece in ("<a>", "<b>", "<c>")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print()
