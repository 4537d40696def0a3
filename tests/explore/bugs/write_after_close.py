# expect: exception ValueError
# variable: stream
"""A log that is closed between a writer's look at it and its write.

Source: JaConTeBe's log4j and Lucene closes beside use; SCTBench's `CB.aget` and `CB.pbzip2`.
Failure: ValueError "I/O operation on closed file" in the writer.
"""
import io
import threading

stream = io.StringIO()


def write():
    if not stream.closed:
        stream.write("one more line\n")


writer = threading.Thread(target=write)
writer.start()
stream.close()
writer.join()
