# needs: tenacity
import tenacity
tries = []
@tenacity.retry(stop=tenacity.stop_after_attempt(4), wait=tenacity.wait_none(), retry=tenacity.retry_if_exception_type(OSError))
def flaky():
    tries.append(1)
    if len(tries) < 3: raise OSError("no")
    return len(tries)
print(flaky(), flaky.statistics["attempt_number"])
@tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_none())
def never(): raise ValueError("x")
try: never()
except tenacity.RetryError as error: print(error.last_attempt.attempt_number, error.last_attempt.exception())
