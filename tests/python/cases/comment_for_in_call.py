def f(**k): return k
print(f(
    release=True  # True for official releases
))
