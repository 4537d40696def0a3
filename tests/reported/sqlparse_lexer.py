# expect: exception AssertionError
# options: --include sqlparse
# package: sqlparse==0.4.4
# fixed: sqlparse==0.5.3
# The lexer is shared before it is initialised: another thread reads no keywords with it.
import threading

import sqlparse

read = []


def work():
    (statement,) = sqlparse.parse("select 1")
    read.append([str(token.ttype) for token in statement.flatten()])


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert read[0] == read[1], read
