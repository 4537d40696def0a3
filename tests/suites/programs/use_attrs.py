# needs: attrs
import attrs
@attrs.define(order=True)
class Point:
    x: int = attrs.field(validator=attrs.validators.instance_of(int))
    y: int = attrs.field(default=0, converter=int)
@attrs.frozen
class Line:
    a: Point
    b: Point = attrs.Factory(lambda: Point(1, "2"))
print(Line(Point(3)), attrs.asdict(Line(Point(3))), Point(1) < Point(2))
for make in (lambda: Point("x"), lambda: setattr(Line(Point(1)), "a", 2)):
    try: make()
    except Exception as error: print(type(error).__name__)
