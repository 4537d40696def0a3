# expect: exception AttributeError
# variable: name
"""Order violation: a thread uses what its creator sets only after giving it something to do.

Source: Lu et al., "Learning from Mistakes", ASPLOS 2008, figure 3 (Mozilla's `mThread`).
Failure: AttributeError in the service's thread, which answers the first message at once.
"""
import queue
import threading


class Service:
    def __init__(self):
        self.inbox = queue.Queue()
        self.thread = threading.Thread(target=self.run)

    def start(self):
        self.thread.start()
        self.inbox.put("hello")
        self.name = "service-1"

    def run(self):
        message = self.inbox.get()
        self.answer = f"{message} from {self.name}"


service = Service()
service.start()
service.thread.join()

assert service.answer == "hello from service-1"
