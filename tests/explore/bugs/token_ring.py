# expect: exception AssertionError
# variable: tokens
"""A ring in which each thread takes its neighbour's token over; all must agree in the end.

Source: SCTBench's `CS.token_ring`.
Failure: started in order, each sees its neighbour's new token. In any other order an old one is
handed on, and the tokens differ.
"""
import threading

tokens = [1, 0, 0]


def take_over(position):
    tokens[position] = tokens[position - 1]


threads = [threading.Thread(target=take_over, args=(position,)) for position in (1, 2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert tokens == [1, 1, 1], f"tokens differ: {tokens}"
