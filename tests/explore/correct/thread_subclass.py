# expect: silent
# outputs: 1
"""A Thread subclass that keeps its result, an exception caught inside it, and names that are set."""
import threading


class Task(threading.Thread):
    def __init__(self, number):
        super().__init__(name=f"task-{number}")
        self.number = number
        self.result = None

    def run(self):
        try:
            self.result = 12 // self.number
        except ZeroDivisionError:
            self.result = threading.current_thread().name


tasks = [Task(number) for number in (0, 1, 2)]
for task in tasks:
    task.start()
for task in tasks:
    task.join()

results = [task.result for task in tasks]
assert results == ["task-0", 12, 6]
print(results)
