# Run in each of two runtimes: lists what can be reached, as KEPT (objects by address) and IDS. Both
# runtimes live on, so an address that both have is one object.
import gc
import sys


def is_class(obj):
    # Not isinstance: it reads attributes, which not all objects bear.
    return any(c is type for c in type.mro(type(obj)))


def attributes(cls):
    return dict(type.__dict__['__dict__'].__get__(cls))


def reachable():
    seen = {}
    todo = [sys.modules, object, type, len, print, sys]
    while todo:
        obj = todo.pop()
        if id(obj) in seen or obj is seen or obj is todo:
            continue
        seen[id(obj)] = obj
        if is_class(obj):
            # Not its referents: a class's list of subclasses holds those of all runtimes, by weak
            # references, to which no program has a way.
            todo.extend(type.__subclasses__(obj))
            todo.extend(type.mro(obj))
            todo.extend(attributes(obj).values())
        elif type(obj).__name__ != 'mappingproxy':
            # Programs reach no further than a mapping proxy.
            todo.extend(gc.get_referents(obj))
            try:
                names = object.__getattribute__(obj, '__dict__')
            except Exception:
                names = None
            if type(names) is dict:
                todo.append(names)
        todo.append(type(obj))
        if type(obj) is dict:
            todo.extend(obj.keys())
            todo.extend(obj.values())
    return seen


KEPT = reachable()
IDS = sorted(KEPT)
