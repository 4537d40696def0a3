# expect: exception AssertionError
# options: --include icontract._checkers
# package: icontract==2.3.0 asttokens==2.4.1 six==1.17.0
# built: from its source
# fixed: icontract==2.3.4 asttokens==2.4.1 six==1.17.0
# That a contract is being checked is noted for all threads: another thread's call is not checked.
import threading

import icontract


@icontract.require(lambda number: number > 0, error=lambda number: ValueError(number))
def use(number):
    return number


checked = []


def work():
    try:
        use(-1)
    except ValueError:
        checked.append(True)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(checked) == 2, "a call was not checked"
