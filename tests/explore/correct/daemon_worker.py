# expect: silent
# outputs: 1
"""A daemon that serves a queue of requests, each with a reply queue of its own, until the end."""
import queue
import threading

requests = queue.Queue()
answers = {}


def serve():
    while True:
        text, reply = requests.get()
        reply.put(text.upper())


def client(text):
    reply = queue.Queue()
    requests.put((text, reply))
    answers[text] = reply.get()


threading.Thread(target=serve, daemon=True).start()
threads = [threading.Thread(target=client, args=(text,)) for text in ("ann", "bob")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert answers == {"ann": "ANN", "bob": "BOB"}
print(sorted(answers.items()))
