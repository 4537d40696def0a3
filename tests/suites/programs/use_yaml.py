# needs: source:pyyaml
import yaml
text = """
base: &base {a: 1, b: [x, 'y']}
derived: {<<: *base, c: 2.5}
date: 2024-02-29
text: |
  two
  lines
"""
data = yaml.safe_load(text)
print(data)
print(yaml.safe_dump(data, sort_keys=True))
try:
    yaml.safe_load("a: [1,")
except yaml.YAMLError as error:
    print(error.problem_mark.line, error.problem)
