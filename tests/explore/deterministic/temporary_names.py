"""Names for temporary files, which are random."""
import os
import tempfile
import threading


def worker(name):
    with tempfile.TemporaryDirectory(prefix="pyt-") as folder:
        print(name, os.path.basename(folder))


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
    thread.join()
