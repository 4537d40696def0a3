"""An object is true by `__bool__` of its class, else by `__len__`, whatever it derives from."""
for base in (tuple, list, str, bytes, dict, set, frozenset, bytearray, object, Exception):
    sized = type("Sized", (base,), {"__len__": lambda self: 2})
    empty = type("Empty", (base,), {"__len__": lambda self: 0})
    both = type("Both", (base,), {"__len__": lambda self: 2, "__bool__": lambda self: False})
    for derive in (lambda c: c, lambda c: type("Derived", (c,), {})):
        assert bool(derive(sized)()) is True and not (not derive(sized)()), base
        assert bool(derive(empty)()) is False and bool(derive(both)()) is False, base
assert not () and (0,) and bool(()) is False and bool((0,)) is True
assert not hasattr(tuple, "__bool__")
for values in ((), (1,)):
    count = 0
    for _ in range(100):
        if values:
            count += 1
    assert count == 100 * len(values)
