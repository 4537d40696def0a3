"""Log records with timestamps and thread names."""
import logging
import sys
import threading

logging.basicConfig(
    stream=sys.stdout,
    level=logging.INFO,
    format="%(asctime)s %(msecs)03d %(relativeCreated)d %(threadName)s %(message)s",
)


def worker(number):
    logging.info("begin %d", number)
    logging.warning("end %d", number)


threads = [threading.Thread(target=worker, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
logging.info("thread %d", threading.get_ident())
