# expect: exception KeyError
# options: --include tenacity
# package: tenacity==9.2.1
# fixed: tenacity==9.1.2
# Calls share one dict of statistics since 9.2.1; 9.1.2 is older, and in order.
import threading

from tenacity import retry, stop_after_attempt

tried = []


@retry(stop=stop_after_attempt(2), reraise=True)
def work(name):
    tried.append(name)
    raise ValueError


def run(name):
    try:
        work(name)
    except ValueError:
        pass


threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert sorted(tried) == ["a", "a", "b", "b"], tried
