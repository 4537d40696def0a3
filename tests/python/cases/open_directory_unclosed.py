import warnings, sys, gc
warnings.simplefilter("always")
seen = []
warnings.showwarning = lambda m, *a, **k: seen.append(str(m))
try: open("/tmp")
except IsADirectoryError as e: print(e)
gc.collect(); print(seen)
