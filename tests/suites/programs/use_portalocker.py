# needs: portalocker
import os, tempfile, portalocker
path = os.path.join(tempfile.mkdtemp(), "f")
with portalocker.Lock(path, "w", timeout=1) as file:
    file.write("x")
    try: portalocker.Lock(path, "a", timeout=0.05, fail_when_locked=True).acquire()
    except portalocker.AlreadyLocked as error: print(type(error).__name__)
print(open(path).read())
