"""A subprocess that is written to and read from."""
import subprocess
p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert p.communicate(b"hello") == (b"hello", None)
