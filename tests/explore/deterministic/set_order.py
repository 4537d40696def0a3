"""The order of sets of strings, which follows from the hashes."""
names = {"ann", "bob", "eve", "kim", "lee", "max", "pat", "sam", "tom", "zoe"}
print(list(names))
print(names)
names.discard("kim")
print(names.pop(), names.pop())
print(frozenset("determinism"))
print(list({"ann", "bob", "tom"} | {"zoe"}))
