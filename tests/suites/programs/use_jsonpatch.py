# needs: jsonpatch jsonpointer
import jsonpatch
patch = jsonpatch.make_patch({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1, 2, 3], "c": {}})
print(sorted(patch, key=str), patch.apply({"a": 1, "b": [1, 2]}))
