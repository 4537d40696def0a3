# expect: silent
# outputs: 1
"""Sleep sort: all start from one instant, and the sleeps differ by more than starting takes."""
import threading
import time

begin = threading.Event()
result = []


def sleeper(number):
    begin.wait()
    time.sleep(number / 10)
    result.append(number)


threads = [threading.Thread(target=sleeper, args=(number,)) for number in (3, 1, 2)]
for thread in threads:
    thread.start()
begin.set()
for thread in threads:
    thread.join()

assert result == [1, 2, 3]
print(result)
