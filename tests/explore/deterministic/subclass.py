"""Thread subclasses that race for a shared list."""
import threading

finished = []


class Runner(threading.Thread):
    def __init__(self, lane):
        super().__init__()
        self.lane = lane
        self.name = f"runner in lane {lane}"

    def run(self):
        for _ in range(3):
            self.last = len(finished)
        finished.append(self.name)


runners = [Runner(lane) for lane in range(4)]
for runner in runners:
    runner.start()
for runner in runners:
    runner.join()
print(finished, [runner.last for runner in runners])
