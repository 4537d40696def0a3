# Run in both runtimes before either lists anything: what native modules leave in the process is there.
import sys

NAMES = """ast asyncio concurrent.futures ctypes dataclasses decimal email enum fractions functools
    html.parser http.client inspect json logging multiprocessing pickle random re sqlite3 ssl statistics
    string tempfile threading traceback typing unittest uuid weakref xml.etree.ElementTree zipfile zoneinfo
    queue csv datetime annotationlib graphlib ipaddress array contextvars copy""".split()

for name in sorted(sys.builtin_module_names) + NAMES:
    try:
        __import__(name)
    except BaseException:
        pass
