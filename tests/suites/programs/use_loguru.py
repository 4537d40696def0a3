# needs: loguru
import io
from loguru import logger
out = io.StringIO()
logger.remove(); logger.add(out, format="{level}|{message}|{extra}", enqueue=False, diagnose=False)
logger.bind(a=1).info("x {}", 5)
try: 1 / 0
except ZeroDivisionError: logger.exception("oh")
print(out.getvalue().splitlines()[0], "ZeroDivisionError" in out.getvalue())
