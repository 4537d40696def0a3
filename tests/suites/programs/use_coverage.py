# needs: coverage
import io, os, sys, tempfile, coverage
folder = tempfile.mkdtemp(); os.chdir(folder); sys.path.insert(0, folder)
open("m.py", "w").write("def f(x):\n    if x:\n        return 1\n    return 2\nf(1)\n")
cov = coverage.Coverage(data_file=None, source=[folder], branch=False)
cov.start(); import m; cov.stop()
out = io.StringIO(); print(cov.report(file=out), cov.analysis("m.py")[3] or cov.analysis2("m.py")[3])
