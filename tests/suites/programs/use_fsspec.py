# needs: fsspec
import fsspec
memory = fsspec.filesystem("memory")
with memory.open("/a/b.txt", "w") as file: file.write("text")
memory.pipe("/a/c.bin", b"12345")
print(sorted(memory.find("/a")), memory.cat("/a/c.bin", start=1, end=3), memory.info("/a/b.txt")["size"])
with fsspec.open("memory://a/b.txt") as file: print(file.read())
