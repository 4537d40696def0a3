import sys, weakref
class K: pass
k = K(); r = weakref.ref(k); seen = []
sys.setprofile(lambda frame, event, arg: seen.append((event, type(arg).__name__)))
r(); K(); len([])
sys.setprofile(None)
print([s for s in seen if s[0] == "c_call"])
