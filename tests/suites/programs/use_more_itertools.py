# needs: more-itertools
import more_itertools as m
print(list(m.chunked(range(7), 3)), m.first([], "none"), list(m.windowed([1, 2, 3, 4], 3)))
print(m.partition(lambda x: x % 2, range(5)), list(m.collapse([1, [2, [3, "ab"]]]))) if 0 else None
print([list(x) for x in m.partition(lambda x: x % 2, range(5))], list(m.collapse([1, [2, [3, "ab"]]])))
p = m.peekable("abc"); print(p.peek(), next(p), p.peek(), list(p), list(m.set_partitions("abc", 2)))
