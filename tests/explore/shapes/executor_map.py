"""All ways to wait for a pool."""
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
with ThreadPoolExecutor(2) as p:
    assert list(p.map(lambda x: x + 1, range(4))) == [1, 2, 3, 4]
    fs = [p.submit(pow, 2, i) for i in range(3)]
    assert sorted(f.result() for f in as_completed(fs)) == [1, 2, 4]
    done, left = wait([p.submit(int)]); assert not left
