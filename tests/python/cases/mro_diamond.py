class R:
    def hi(self): return "R"
class A(R): pass
class B:
    def hi(self): return "B, then " + super().hi()
class C(A, B, R): pass
print([c.__name__ for c in C.__mro__], C().hi())
class S(R): pass
class J(A, B, S): pass
try:
    class E(C, J): pass
    print([c.__name__ for c in E.__mro__])
except TypeError as e: print("TypeError", e)
