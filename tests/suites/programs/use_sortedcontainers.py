# needs: sortedcontainers
from sortedcontainers import SortedDict, SortedKeyList, SortedSet
s = SortedSet([3, 1, 2]); s.add(0)
d = SortedDict({"b": 2, "a": 1}); d["c"] = 3
k = SortedKeyList([5, 2, 9], key=lambda x: -x)
print(s, d.peekitem(-1), list(d.irange("a", "b")), list(k), s.bisect(2), k.index(5))
