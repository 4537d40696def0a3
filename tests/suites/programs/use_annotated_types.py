# needs: annotated-types
from typing import Annotated, get_type_hints
from annotated_types import Gt, Len, Interval, GroupedMetadata
def f(x: Annotated[int, Gt(3)], y: Annotated[list, Len(1, 2)], z: Annotated[int, Interval(ge=0, lt=9)]): ...
for name, hint in get_type_hints(f, include_extras=True).items():
    for data in hint.__metadata__:
        print(name, data, list(data) if isinstance(data, GroupedMetadata) else "")
