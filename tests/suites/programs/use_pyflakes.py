# needs: pyflakes
import io
from pyflakes import api, reporter
out = io.StringIO()
api.check("import os\ndef f():\n    x = 1\n    return y\nprint('%s %s' % (1,))\n", "m.py", reporter.Reporter(out, out))
print(out.getvalue())
