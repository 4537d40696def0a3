"""What destructors find that run at the very end of the program."""
import subprocess
import sys

JOIN = """
import threading

def spin():
    while True:
        pass

class Cycle:
    def __init__(self):
        self.itself = self
        self.thread = threading.Thread(target=spin, daemon=True)
        self.thread.start()

    def __del__(self):
        for timeout in [None, 10]:
            try:
                self.thread.join(timeout)
            except PythonFinalizationError as error:
                print(error, self.thread.is_alive())

Cycle()
"""

MAIN = """
import threading

main = threading.main_thread()

class Cycle:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print(threading.current_thread() is main, threading.main_thread() is main,
              threading.enumerate() == [main])

keep = Cycle()
"""

for program, expected in [
    (JOIN, "cannot join thread at interpreter shutdown True\n" * 2),
    (MAIN, "True True True\n"),
]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done
    assert done.stdout == expected, done
    assert done.stderr == "", done
