"""A pipeline: one reader, three counters and one collector, joined by bounded queues.

A bounded queue slows a fast producer down to the pace of its consumers, so that a file of any
length passes through a fixed amount of memory.
"""

import queue
import threading
from collections import Counter

COUNTERS = 3
END = object()  # passed along when nothing more will come

TEXT = [
    "threads share memory so they need locks",
    "queues pass values so they need no locks",
    "events tell threads that something happened",
] * 50


def read(lines, output):
    for line in lines:
        output.put(line)
    # Each counter takes one END and no more, so each of them gets its own.
    for _ in range(COUNTERS):
        output.put(END)


def count(input, output):
    while (line := input.get()) is not END:
        output.put(Counter(line.split()))
    output.put(END)


def collect(input, total):
    still_running = COUNTERS
    while still_running:
        counts = input.get()
        if counts is END:
            still_running -= 1
        else:
            total.update(counts)


def main():
    lines = queue.Queue(maxsize=8)
    counts = queue.Queue(maxsize=8)
    total = Counter()

    threads = [threading.Thread(target=read, args=(TEXT, lines), name="reader")]
    threads += [
        threading.Thread(target=count, args=(lines, counts), name=f"counter-{n}")
        for n in range(COUNTERS)
    ]
    threads.append(threading.Thread(target=collect, args=(counts, total), name="collector"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    print(f"{len(TEXT)} lines, {sum(total.values())} words, {len(total)} different")
    for word, times in sorted(total.items(), key=lambda item: (-item[1], item[0]))[:4]:
        print(f"{word}: {times}")
    print("left in the queues:", lines.qsize() + counts.qsize())


if __name__ == "__main__":
    main()
