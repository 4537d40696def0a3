class Proxy:
    __slots__ = ('__local', '__dict__')
    def __init__(self): object.__setattr__(self, '_Proxy__local', 3)
    @property
    def __dict__(self): return {'x': 1}
print(Proxy().__dict__)
