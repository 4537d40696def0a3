"""Fetches the source distribution of a release from the package index, and unpacks it.

    python fetch.py NAME VERSION FOLDER

`pip download` would build the package to learn its requirements, which for some takes minutes and a
compiler. The index is pip's: PIP_INDEX_URL, what `pip config` says, or pip's default.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request

from pip._internal.models.index import PyPI

TYPE = "application/vnd.pypi.simple.v1+json"


def index():
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or PyPI.simple_url


def files(name):
    """The names and addresses of all files of a project."""
    address = index().rstrip("/") + "/" + re.sub("[-_.]+", "-", name).lower() + "/"
    asked = urllib.request.Request(address, headers={"Accept": TYPE + ", text/html;q=0.1"})
    with urllib.request.urlopen(asked) as answer:
        text = answer.read().decode()
        if "json" in answer.headers.get("Content-Type", ""):
            found = [(file["filename"], file["url"]) for file in json.loads(text)["files"]]
        else:
            found = re.findall(r'<a\s[^>]*href="([^"#]+)[^>]*>([^<]+)</a>', text)
            found = [(name.strip(), url) for url, name in found]
    return {name: urllib.parse.urljoin(address, url) for name, url in found}


def main(name, version, folder):
    ending = f"-{version}.tar.gz"
    found = [url for file, url in files(name).items() if file.endswith(ending)]
    if not found:
        sys.exit(f"{name} {version} has no source distribution")
    with tempfile.TemporaryFile() as archive:
        with urllib.request.urlopen(found[0]) as answer:
            archive.write(answer.read())
        archive.seek(0)
        with tarfile.open(fileobj=archive) as members:
            for member in members:
                # All lies in one folder, whose name is left out.
                _, _, member.name = member.name.partition("/")
                if member.name:
                    members.extract(member, folder, filter="data")


main(*sys.argv[1:])
