# expect: exception RuntimeError
# options: --include multimethod
# package: multimethod==1.9
# fixed: multimethod==1.9.1
import threading

from multimethod import multimethod


@multimethod
def show(value: int):
    return "int"


@multimethod
def show(value: object):
    return "object"


threads = [threading.Thread(target=show, args=(value,)) for value in (True, "", 1.0)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
