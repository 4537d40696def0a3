# needs: blinker
import blinker
ready = blinker.signal("ready")
seen = []
@ready.connect
def receiver(sender, **data): seen.append((sender, data)); return len(seen)
print([r for _, r in ready.send("x", a=1)], [r for _, r in ready.send("y")], seen)
with ready.muted(): print(ready.send("z"))
