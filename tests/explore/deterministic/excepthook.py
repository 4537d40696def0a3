"""Exceptions in threads, reported by a hook that prints the thread's name."""
import threading


def hook(args):
    print(f"{args.thread.name}: {args.exc_type.__name__}: {args.exc_value}\n", end="")


threading.excepthook = hook


def worker(number):
    if number % 2:
        raise ValueError(f"odd {number}")
    raise KeyError(number)


threads = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
