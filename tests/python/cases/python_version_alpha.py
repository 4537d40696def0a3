"""The version is that of a release: packages compare it and take it apart."""
import platform
import re
import sys

print(len(platform.python_version_tuple()), sys.version_info[:2], sys.version_info[3:])
print(platform.python_version() == re.match(r"\d+\.\d+\.\d+", sys.version)[0] == sys.version.split()[0])
