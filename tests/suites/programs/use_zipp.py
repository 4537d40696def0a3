# needs: zipp
import io, zipfile, zipp
data = io.BytesIO()
with zipfile.ZipFile(data, "w") as archive:
    archive.writestr("a/b.txt", "text")
    archive.writestr("a/c/d.py", "x = 1")
path = zipp.Path(data)
print(sorted(map(str, path.glob("**/*"))), path.joinpath("a", "b.txt").read_text())
