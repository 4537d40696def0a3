"""A start leaves the collection of cycles on, and what a program leaves behind is collected."""
import gc
import weakref


class Node:
    pass


def cycle():
    node = Node()
    node.self = node
    return weakref.ref(node)


assert gc.isenabled()
references = [cycle() for _ in range(20_000)]
left = sum(reference() is not None for reference in references)
assert left < len(references), left
