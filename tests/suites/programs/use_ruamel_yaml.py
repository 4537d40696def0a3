# needs: ruamel.yaml
import sys
from ruamel.yaml import YAML
yaml = YAML()
data = yaml.load("# top\na: 1  # one\nb: [x, y]\nc:\n  - d: 2\n")
data["a"] = 5; data["c"].append("new")
yaml.dump(data, sys.stdout)
