# needs: importlib-metadata
import importlib_metadata as metadata
print(metadata.version("zipp") > "1", sorted(metadata.metadata("importlib-metadata"))[:3])
print([str(f) for f in metadata.files("zipp") if str(f).endswith("glob.py")])
