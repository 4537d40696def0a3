# expect: exception AttributeError
# options: --include six
# package: six==1.8.0
# fixed: six==1.9.0
import threading

import six

threads = [threading.Thread(target=lambda: six.moves.range) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
