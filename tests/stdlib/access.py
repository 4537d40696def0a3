"""`os.access` says what the system says: for root, by a folder's descriptor, through links."""
import os
import shutil
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    with open(path, "w"):
        pass
    for mode in (0o000, 0o100, 0o444, 0o600, 0o755):
        os.chmod(path, mode)
        for asked in (os.R_OK, os.W_OK):
            flags = os.O_RDONLY if asked == os.R_OK else os.O_WRONLY
            try:
                os.close(os.open(path, flags))
                can = True
            except PermissionError:
                can = False
            # Tests run with equal real and effective ids.
            assert os.access(path, asked) is can, (oct(mode), asked)
            assert os.access(path, asked, effective_ids=True) is can
    assert os.access(path, os.F_OK) and os.access(path.encode(), os.R_OK | os.W_OK | os.X_OK)
    assert shutil.which(path) == path
    os.chmod(path, 0o644)
    assert not os.access(path, os.X_OK), "no one may execute it"
    assert shutil.which(path) is None
    assert not os.access(path, 8), "no such right"
    fd = os.open(folder, os.O_RDONLY)
    assert os.access("file", os.R_OK, dir_fd=fd) and not os.access("other", os.F_OK, dir_fd=fd)
    os.close(fd)
    link = os.path.join(folder, "link")
    os.symlink("nowhere", link)
    assert not os.access(link, os.F_OK) and os.access(link, os.F_OK, follow_symlinks=False)
    assert not os.access(os.path.join(folder, "none"), os.F_OK)
# A file system that cannot be written, for root either.
assert not os.access("/proc/version", os.X_OK) and os.access("/proc/version", os.R_OK)
for wrong, error in ((("a\0b", 0), ValueError), ((3.5, 0), TypeError), (("a",), TypeError)):
    try:
        os.access(*wrong)
    except error:
        pass
    else:
        raise AssertionError(wrong)
for supporting in (os.supports_dir_fd, os.supports_effective_ids, os.supports_follow_symlinks):
    assert os.access in supporting
