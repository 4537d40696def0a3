import sys, signal
signal.signal(signal.SIGALRM, lambda *a: (_ for _ in ()).throw(SystemExit('endless loop')))
signal.alarm(10)
def build(n):
    ns = {}
    exec("def f(xs):\n    total = 0\n    for x in xs:\n        y = x\n" + "".join(f"        if y == {1000 + i}:\n            total = y\n" for i in range(n)) + "        total += y\n    return total\n", ns)
    return ns["f"]
M = sys.monitoring
M.use_tool_id(3, "x")
M.register_callback(3, M.events.LINE, lambda code, line: None)
M.set_events(3, M.events.LINE)
for n in range(0, 60, 3):
    print(n, end=' ', flush=True)
    try: r = build(n)([1, 2, 3])
    except BaseException as e: r = f"{type(e).__name__}: {e}"
    if r != 6: print(n, r); break
else: print("ok")
M.set_events(3, 0); M.free_tool_id(3)
