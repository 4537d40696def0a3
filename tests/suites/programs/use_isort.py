# needs: isort
import isort
print(isort.code("import sys, os\nfrom z import b, a\nimport requests\nfrom . import q\n", profile="black"))
