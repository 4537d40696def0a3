import os
import sys
import sysconfig

for name in ("EXE", "VERSION", "py_version_short", "SIZEOF_VOID_P"):
    print(name, repr(sysconfig.get_config_var(name)))
# No extension that was made for CPython may be taken for one of ours, and the other way round.
for name in ("SOABI", "EXT_SUFFIX", "LIBDIR", "INCLUDEPY", "prefix", "base"):
    print(name, type(sysconfig.get_config_var(name)).__name__)
print(sysconfig.get_config_var("EXT_SUFFIX") == f".{sysconfig.get_config_var('SOABI')}.so")
print(sys.implementation.cache_tag in sysconfig.get_config_var("SOABI"), os.name)
