"""Hash the files of a folder side by side, and compare with hashing them one after the other.

Reading a file and hashing a large piece of it both let other threads run, so this is one of the
few kinds of computing that CPython's threads speed up.
"""

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FILES = 8
PIECE = 64 * 1024


def sha256_of(path):
    """The SHA-256 of a file, read in pieces so that its size does not matter."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def make_files(folder):
    """Files of different sizes, the same on each run: empty, then 50,000 bytes more each time."""
    for number in range(FILES):
        content = bytes([number]) * (number * 50_000)
        (folder / f"file-{number}.bin").write_bytes(content)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        paths = sorted(folder.iterdir())

        # map() keeps the order of its input, however the work is shared out.
        with ThreadPoolExecutor(max_workers=4) as pool:
            side_by_side = list(pool.map(sha256_of, paths))
        one_by_one = [sha256_of(path) for path in paths]

    for path, digest in zip(paths, side_by_side):
        print(digest[:16], path.name)
    print("same as one by one:", side_by_side == one_by_one)


if __name__ == "__main__":
    main()
