"""Small generated programs do what they do on CPython 3.14: tests/differential says how."""
import os
import sys

here = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "differential"))
import compare

assert not compare.main()
