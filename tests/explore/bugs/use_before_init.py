# expect: exception AttributeError
# variable: thread_id
"""Order violation: the new thread uses what its creator sets only after starting it.

Source: Lu et al., "Learning from Mistakes", ASPLOS 2008, figure 3 (Mozilla's `mThread`).
Failure: AttributeError in the new thread, which runs before `start` has returned to its creator.
"""
import threading


class Service:
    def start(self):
        thread = threading.Thread(target=self.run)
        thread.start()
        self.thread_id = "service-1"
        return thread

    def run(self):
        self.greeting = "this is " + self.thread_id


service = Service()
service.start().join()

assert service.greeting == "this is service-1"
