class MyThread(threading.Thread):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def run(self):  # Overriding the run() method
        print(f"Thread {self.name} is running")

# Creating and starting a thread
thread = MyThread("A")
thread.start()
thread.join()
