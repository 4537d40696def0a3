"""Ping-pong over two SimpleQueues with two players on one side."""
import queue
import threading

balls = queue.SimpleQueue()
returns = queue.SimpleQueue()


def player(name):
    while (ball := balls.get()) is not None:
        returns.put(f"{name}{ball}")


threads = [threading.Thread(target=player, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for ball in range(5):
    balls.put(ball)
rally = [returns.get() for _ in range(5)]
for thread in threads:
    balls.put(None)
for thread in threads:
    thread.join()
print(rally)
