# expect: deadlock
# options: --inject gc --include tqdm
# package: tqdm==4.19.2
# fixed: tqdm==4.19.5
# The finalizer of a bar wants the lock that its thread may hold already. (The lock between
# processes is left out, since waits for it are foreign code.)
import io

from tqdm import tqdm

tqdm.monitor_interval = 0
tqdm.get_lock().locks.pop(0)


class Download:
    def __init__(self):
        self.itself = self
        self.bar = tqdm(total=3, position=1, file=io.StringIO())


bar = tqdm(total=2, position=0, file=io.StringIO())
Download()
for _ in range(2):
    bar.update()
bar.close()
