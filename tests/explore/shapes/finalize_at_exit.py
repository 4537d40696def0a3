"""A finalizer that runs at the end."""
import weakref, sys
class A: pass
a = A(); weakref.finalize(a, print, "bye")
