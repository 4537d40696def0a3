import annotationlib
class A:
    __annotate__ = property(lambda self: None)
class P(property):
    def __get__(self, obj, owner=None): return None if obj is None else 1
class B:
    __annotate__ = P(lambda self: None)
try: print(annotationlib.get_annotations(B, format=annotationlib.Format.STRING))
except TypeError as e: print("TypeError", e)
