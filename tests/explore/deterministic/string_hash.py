"""Hashes of strings and bytes, which CPython salts at each start."""
print(hash("x"), hash("a longer string"), hash(b"bytes"))
print(hash(("a", 1)), hash(frozenset("abc")))
