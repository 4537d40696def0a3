"""Event loops in two threads."""
import asyncio, threading
out = []
async def main(i): await asyncio.sleep(0.01); out.append(i)
ts = [threading.Thread(target=asyncio.run, args=(main(i),)) for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert sorted(out) == [0, 1]
