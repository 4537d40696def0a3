# expect: silent
# outputs: 1
"""Each thread has its own value under the same name; the main thread's stays what it was."""
import threading

local = threading.local()
local.value = "main"
results = {}


def worker(value):
    assert not hasattr(local, "value")
    local.value = value
    local.value += 1
    results[value] = local.value


threads = [threading.Thread(target=worker, args=(value,)) for value in (10, 20, 30)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert local.value == "main"
print(sorted(results.items()))
