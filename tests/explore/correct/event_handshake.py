# expect: silent
# outputs: 1
"""Two events by which two threads take turns exactly once."""
import threading

asked = threading.Event()
answered = threading.Event()
notes = []


def server():
    asked.wait()
    notes.append("answer to " + notes[-1])
    answered.set()


def client():
    notes.append("question")
    asked.set()
    assert answered.wait()
    notes.append("thanks")


threads = [threading.Thread(target=server), threading.Thread(target=client)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert notes == ["question", "answer to question", "thanks"]
print(notes)
