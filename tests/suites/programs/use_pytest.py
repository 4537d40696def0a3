# needs: pytest
import contextlib, io, os, tempfile
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
import pytest
folder = tempfile.mkdtemp(); os.chdir(folder)
with open("test_x.py", "w") as file:
    file.write("import pytest\n@pytest.fixture\ndef n(): return 3\n@pytest.mark.parametrize('i', [1, 3])\ndef test_a(n, i): assert n == i\n@pytest.mark.skip\ndef test_b(): pass\n")
class Seen(list):
    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.skipped: self.append((report.nodeid, report.outcome))
seen, out = Seen(), io.StringIO()
with contextlib.redirect_stdout(out):
    status = pytest.main(["-q", "-p", "no:cacheprovider", "--no-header"], plugins=[seen])
print(int(status), list(seen), "assert 3 == 1" in out.getvalue())
