# expect: deadlock
# options: --inject gc --include sentry_sdk.worker --include queue
# package: sentry-sdk==0.17.4 urllib3==1.26.20 certifi
# fixed: sentry-sdk==0.17.5 urllib3==1.26.20 certifi
from sentry_sdk.worker import BackgroundWorker

worker = BackgroundWorker()


worker.start()


class Connection:
    def __init__(self):
        self.itself = self

    def __del__(self):
        worker.submit(print)


Connection()
for _ in range(2):
    worker.submit(print)
worker.flush(1)
