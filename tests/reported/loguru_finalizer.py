# expect: deadlock
# options: --inject gc
# package: loguru==0.6.0
import io

from loguru import logger

logger.remove()
logger.add(io.StringIO(), format="{message}")


class Connection:
    def __init__(self):
        self.itself = self

    def __del__(self):
        logger.info("closed")


Connection()
for number in range(3):
    logger.info("step {}", number)
