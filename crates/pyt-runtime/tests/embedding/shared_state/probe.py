# Run after reach.py in the second runtime, with SHARED, the first one's addresses: tries every way to
# change an object that both have. REPORT says which succeeded.
IMMUTABLE = (str, int, float, complex, bytes, tuple, frozenset, bool, type(None), type(...),
             type(NotImplemented), range)
CONTAINERS = (list, dict, set, bytearray)
CLASSES = [obj for obj in KEPT.values() if is_class(obj)]
found = []


def note(how, obj):
    try:
        text = repr(obj)
    except BaseException:
        text = '?'
    where = [f'{c.__module__}.{c.__qualname__}.{name}' for c in CLASSES
             for name, value in attributes(c).items() if value is obj]
    found.append(f'{how}: {type(obj).__name__} {text[:90]} {where[:2]}')


def attempt(how, obj, change, undo=None):
    try:
        change()
    except BaseException:
        return
    note(how, obj)
    if undo:
        try:
            undo()
        except BaseException as error:
            note(f'undo failed: {error!r}', obj)


def probe(obj):
    if type(obj) in CONTAINERS:
        return note('container', obj)
    attempt('setattr', obj, lambda: setattr(obj, '_planted', 1), lambda: delattr(obj, '_planted'))
    attempt('object.__setattr__', obj, lambda: object.__setattr__(obj, '_planted', 1),
            lambda: object.__delattr__(obj, '_planted'))
    if is_class(obj):
        attempt('type.__setattr__', obj, lambda: type.__setattr__(obj, '_planted', 1),
                lambda: type.__delattr__(obj, '_planted'))
    else:
        try:
            names = object.__getattribute__(obj, '__dict__')
        except BaseException:
            names = None
        if type(names) is dict:
            note('__dict__', obj)
    for cls in type.mro(type(obj)):
        for name, descriptor in attributes(cls).items():
            if not hasattr(type(descriptor), '__set__') or name in ('__class__', '__dict__'):
                continue
            undo = None
            try:
                value = descriptor.__get__(obj, type(obj))
            except BaseException:
                value = ['x']
                undo = lambda: descriptor.__delete__(obj)
            attempt(f'{cls.__name__}.{name}', obj, lambda: descriptor.__set__(obj, value), undo)
    if not is_class(obj):
        init = getattr(type(obj), '__init__', None)
        if type(init).__name__ == 'wrapper_descriptor' and init.__objclass__ is not object:
            before = repr(obj)
            for args in ((lambda: None,), (len,), (1,), ()):
                try:
                    init(obj, *args)
                except BaseException:
                    continue
                # A reference's __init__ does nothing.
                if type(obj).__name__ not in ('ReferenceType', 'weakref') or repr(obj) != before:
                    note('__init__', obj)
        if hasattr(type(obj), '__setstate__'):
            attempt('__setstate__', obj, lambda: obj.__setstate__({'x': 1}))


count = 0
for address in SHARED:
    if address in KEPT and type(KEPT[address]) not in IMMUTABLE:
        count += 1
        probe(KEPT[address])
REPORT = '\n'.join(sorted(set(found)))
# Classes that refuse attributes although no other runtime has them: those of Python code must not.
shared = set(SHARED)
SEALED_IN_VAIN = sorted(f'{c.__module__}.{c.__qualname__}' for c in CLASSES
                        if c.__flags__ & (1 << 8) and id(c) not in shared)
