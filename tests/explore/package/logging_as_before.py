"""A function is explored in a program that has set up `logging`: that stays as it is."""

import io
import logging
import threading

import pyt

written = io.StringIO()
logging.basicConfig(stream=written, level=logging.INFO)
logger = logging.getLogger("program")
logger.setLevel(logging.DEBUG)
handler = logging.StreamHandler(written)
handler.set_name("named")


def changes():
    logging.getLogger("of a run").setLevel(logging.DEBUG)
    logging.getLogger("program").setLevel(logging.ERROR)
    logging.getLogger().addHandler(logging.NullHandler())
    thread = threading.Thread(target=len, args=("",))
    thread.start()
    thread.join()


pyt.explore(changes, schedules=5)
assert [type(one) for one in logging.root.handlers] == [logging.StreamHandler]
assert logging.root.level == logging.INFO
assert logging.getLogger("program") is logger and logger.level == logging.DEBUG
assert logging.getHandlerByName("named") is handler
assert "of a run" not in logging.root.manager.loggerDict
logger.info("said")
assert written.getvalue() == "INFO:program:said\n"
