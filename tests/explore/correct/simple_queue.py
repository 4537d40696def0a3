# expect: silent
# outputs: 1
"""One producer, one consumer: a SimpleQueue keeps the order and loses nothing."""
import queue
import threading

channel = queue.SimpleQueue()
received = []


def consumer():
    while True:
        item = channel.get()
        if item == "end":
            return
        received.append(item)


thread = threading.Thread(target=consumer)
thread.start()
for item in "abcd":
    channel.put(item)
channel.put("end")
thread.join()

assert received == list("abcd") and channel.empty()
print(received)
