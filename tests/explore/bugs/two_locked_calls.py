# expect: exception IndexError
# variable: text
"""Atomicity violation over two calls, each of which is locked.

Source: the `StringBuffer.append` of Java 1.4, SCTBench's `stringbuffer-jdk1.4`.
Failure: between `length()` and `character()` another thread truncates the buffer: IndexError.
"""
import threading


class Buffer:
    def __init__(self, text):
        self.lock = threading.Lock()
        self.text = text

    def length(self):
        with self.lock:
            return len(self.text)

    def character(self, index):
        with self.lock:
            return self.text[index]

    def truncate(self):
        with self.lock:
            self.text = ""


buffer = Buffer("abc")


def read_last():
    length = buffer.length()
    if length:
        buffer.character(length - 1)


threads = [threading.Thread(target=read_last), threading.Thread(target=buffer.truncate)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
