# needs: cachetools
import cachetools, threading
cache = cachetools.LRUCache(2)
for key in "abac": cache[key] = key * 2; cache.get("a")
print(dict(cache))
calls = []
@cachetools.cached(cachetools.TTLCache(10, 60), lock=threading.Lock())
def square(x): calls.append(x); return x * x
print([square(x) for x in (1, 2, 1, 3, 2)], calls)
