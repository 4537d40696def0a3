"""The metadata of the package `pyt`, which is part of the program and has no folder.

pytest finds its plugin by the entry point here.
"""

from importlib import metadata

_ENTRY_POINTS = "[pytest11]\npyt = _pyt_pytest\n"


class _Pyt(metadata.Distribution):
    def __init__(self, version):
        self._version = version

    def read_text(self, filename):
        if filename == "METADATA":
            return f"Metadata-Version: 2.1\nName: pyt\nVersion: {self._version}\n"
        return _ENTRY_POINTS if filename == "entry_points.txt" else None

    def locate_file(self, path):
        raise NotImplementedError("the package pyt is part of the interpreter and has no files")


def find(context, version):
    """The distributions that `importlib.metadata` asks for. A search in given folders, as pip makes
    it, finds none: this one can be neither installed nor removed."""
    given = vars(context) if context is not None else {}
    if "path" in given or given.get("name") not in (None, "pyt"):
        return []
    return [_Pyt(version)]
