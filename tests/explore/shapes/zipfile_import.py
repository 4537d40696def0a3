"""An import from a zip file."""
import zipfile, tempfile, sys, os, threading
d = tempfile.mkdtemp(); p = os.path.join(d, "m.zip")
with zipfile.ZipFile(p, "w") as z: z.writestr("inzip.py", "x = 5")
sys.path.insert(0, p)
import inzip
assert inzip.x == 5
os.remove(p); os.rmdir(d)
