"""The dictionaries of converters and adapters that `sqlite3` shows.

The native module looks elsewhere, where each interpreter finds its own entries only
(`pyt-modules`, `modules/sqlite/registry.rs`): what is changed here is changed there, too.
"""


class Registry(dict):
    __slots__ = "_store", "_discard"

    def __init__(self, store, discard):
        self._store = store
        self._discard = discard

    def __setitem__(self, key, value):
        self._store(key, value)
        dict.__setitem__(self, key, value)

    def __delitem__(self, key):
        dict.__delitem__(self, key)
        self._discard(key)

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        value = dict.pop(self, key, *default)
        self._discard(key)
        return value

    def popitem(self):
        key, value = dict.popitem(self)
        self._discard(key)
        return key, value

    def clear(self):
        for key in list(self):
            del self[key]

    def update(self, *others, **named):
        for key, value in dict(*others, **named).items():
            self[key] = value

    def __ior__(self, other):
        self.update(other)
        return self
