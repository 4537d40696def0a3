"""Groups in a dict of sets of strings, filled by racing threads and printed as they iterate."""
import collections
import threading

groups = collections.defaultdict(set)


def worker(words):
    for word in words:
        groups[len(word)].add(word)


lists = ("one three five seven", "two four six eight nine")
threads = [threading.Thread(target=worker, args=(words.split(),)) for words in lists]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for length, words in groups.items():
    print(length, *words)
