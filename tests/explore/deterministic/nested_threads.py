"""Threads that start threads, and a list of who began and ended when."""
import threading

log = []


def node(path, depth):
    log.append("+" + path)
    if depth:
        children = [threading.Thread(target=node, args=(path + name, depth - 1)) for name in "lr"]
        for child in children:
            child.start()
        for child in children:
            child.join()
    log.append("-" + path)


node("o", 2)
print(" ".join(log))
