# needs: marshmallow
from marshmallow import Schema, ValidationError, fields, post_load, validate
class Book(Schema):
    title = fields.Str(required=True, validate=validate.Length(1, 10))
    published = fields.Date()
    pages = fields.Int(load_default=0)
    tags = fields.List(fields.Str())
print(Book().load({"title": "x", "published": "2024-02-29", "tags": ["a"]}))
try: Book().load({"pages": "many", "tags": [1], "other": 1})
except ValidationError as error: print(error.messages)
