# needs: decorator
import decorator, inspect
@decorator.decorator
def trace(f, *args, **kw): return ("traced", f(*args, **kw))
@trace
def add(a, b=2, *, c: int = 3): return a + b + c
print(add(1, c=1), inspect.signature(add), add.__wrapped__.__name__)
