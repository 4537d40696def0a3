class Positive:
    def __set_name__(self, owner, name): self.name = name
    def __set__(self, obj, value):
        if value < 0: raise ValueError("negative")
        obj.__dict__[self.name] = value
class Account:
    balance = Positive()
    def __init__(self, b): self.balance = b
for i in range(4):
    try: print(i, "accepted", Account(-1).balance)
    except ValueError as e: print(i, "ValueError", e)
calls = []
class Log:
    def __set__(self, obj, value): calls.append(value); obj.__dict__["y"] = value
class C:
    y = Log()
c = C()
for i in range(5): c.y = i
print(calls)
