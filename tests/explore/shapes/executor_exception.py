"""A task that raises."""
from concurrent.futures import ThreadPoolExecutor
def bad(): raise ValueError("x")
with ThreadPoolExecutor(1) as p:
    f = p.submit(bad)
    assert isinstance(f.exception(), ValueError)
