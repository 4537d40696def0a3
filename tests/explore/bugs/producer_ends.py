# expect: deadlock
# variable: done
"""A consumer that goes on while the producer is not done, and so may wait for an item too many.

Source: termination races of producer and consumer; the CB programs of SCTBench (pbzip2's consumer
that looks at `producerDone`).
Failure: the consumer looks after the last item and before `done`, and waits in `get` for ever.
"""
import queue
import threading

items = queue.Queue()
done = False
received = []


def producer():
    global done
    items.put("item")
    done = True


def consumer():
    while not done or not items.empty():
        received.append(items.get())


threads = [threading.Thread(target=producer), threading.Thread(target=consumer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert received == ["item"]
