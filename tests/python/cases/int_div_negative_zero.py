a, b = 0, -1
print(a / b, int("0") / int("-3"), 0 / -1)
