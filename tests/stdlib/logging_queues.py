"""`logging` from many threads: through QueueHandler and QueueListener, and straight to handlers."""
import io
import logging
import logging.config
import logging.handlers
import queue
import sys
import threading

THREADS, LINES = 8, 200


class Collect(logging.Handler):
    def __init__(self, level=logging.NOTSET):
        super().__init__(level)
        self.records = []

    def emit(self, record):
        self.records.append(record)


def each_in_a_thread(work):
    threads = [
        threading.Thread(target=work, args=(n,), name=f"worker-{n}") for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def through_a_queue():
    channel = queue.Queue(50)  # smaller than what is logged, so that producers wait

    class Waiting(logging.handlers.QueueHandler):
        def enqueue(self, record):
            self.queue.put(record)

    everything, warnings = Collect(), Collect(logging.WARNING)
    logger = logging.getLogger("queued")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(Waiting(channel))
    listener = logging.handlers.QueueListener(
        channel, everything, warnings, respect_handler_level=True
    )
    listener.start()
    try:
        listener.start()
    except RuntimeError as error:
        assert str(error) == "Listener already started"
    else:
        raise AssertionError("started twice")

    def work(n):
        for line in range(LINES):
            level = logging.WARNING if line % 10 == 0 else logging.DEBUG
            logger.log(level, "%d:%d", n, line)
        try:
            raise ValueError(n)
        except ValueError:
            logger.exception("failed %d", n)

    each_in_a_thread(work)
    listener.stop()
    assert listener._thread is None
    assert len(everything.records) == THREADS * (LINES + 1)
    assert len(warnings.records) == THREADS * (LINES // 10 + 1)
    for n in range(THREADS):
        mine = [record for record in everything.records if record.threadName == f"worker-{n}"]
        # Each thread's records keep their order.
        assert [r.message for r in mine[:LINES]] == [f"{n}:{line}" for line in range(LINES)]
        assert mine[-1].message.startswith(f"failed {n}\nTraceback")
        assert mine[-1].message.endswith(f"ValueError: {n}")
        assert len({record.thread for record in mine}) == 1

    # It can be started again, as a context manager too.
    with listener:
        logger.info("once more")
    assert everything.records[-1].message == "once more"


def full_queue_is_reported():
    channel = queue.Queue(1)
    handler = logging.handlers.QueueHandler(channel)
    failed = []
    handler.handleError = lambda record: failed.append((record.msg, sys.exc_info()[0]))
    handler.handle(logging.makeLogRecord({"msg": "fits"}))
    handler.handle(logging.makeLogRecord({"msg": "does not"}))
    assert failed == [("does not", queue.Full)]


def one_stream():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(threadName)s %(name)s %(message)s"))
    logger = logging.getLogger("stream")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)

    def work(n):
        for line in range(LINES):
            # The logger and its child go to the same handler, and a nested call locks it again.
            (logger if line % 2 else logger.getChild(f"c{n}")).info("line %s of %s", line, n)

    each_in_a_thread(work)
    lines = stream.getvalue().splitlines()
    assert len(lines) == THREADS * LINES
    for n in range(THREADS):
        mine = [line for line in lines if line.startswith(f"worker-{n} ")]
        assert mine == [
            f"worker-{n} stream{'' if k % 2 else f'.c{n}'} line {k} of {n}" for k in range(LINES)
        ]


def memory_handler_flushes_from_any_thread():
    target = Collect()
    memory = logging.handlers.MemoryHandler(37, logging.ERROR, target)
    logger = logging.getLogger("memory")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(memory)

    def work(n):
        for line in range(LINES):
            logger.log(logging.ERROR if line == n * 20 else logging.INFO, "%s", line)

    each_in_a_thread(work)
    memory.close()
    assert len(target.records) == THREADS * LINES


def reconfigured_while_others_log():
    stop = threading.Event()

    def chatter():
        while not stop.is_set():
            logging.getLogger("chatter").info("still here")

    threads = [threading.Thread(target=chatter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for level in ("INFO", "ERROR") * 10:
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"none": {"class": "logging.NullHandler"}},
                "loggers": {"chatter": {"level": level, "handlers": ["none"], "propagate": False}},
            }
        )
    stop.set()
    for thread in threads:
        thread.join()


through_a_queue()
full_queue_is_reported()
one_stream()
memory_handler_flushes_from_any_thread()
reconfigured_while_others_log()
