# needs: jsonschema<4.18 attrs source:pyrsistent
import jsonschema
schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}, "b": {"enum": ["x"]}}, "required": ["a"]}
for value in ({"a": 4}, {"a": 1, "b": "y"}, {}):
    print([e.message for e in sorted(jsonschema.Draft7Validator(schema).iter_errors(value), key=str)])
