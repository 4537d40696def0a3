"""Context variables: each thread its own, and a copied context that is handed on."""
import contextvars
import threading

user = contextvars.ContextVar("user", default="nobody")


def worker(name):
    before = user.get()
    user.set(name)
    print(f"{name}: {before} {user.get()}\n", end="")


user.set("main")
threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
context = contextvars.copy_context()
threads.append(threading.Thread(target=context.run, args=(worker, "c")))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(user.get(), context[user])
