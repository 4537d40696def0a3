# The module `ensurepip`: upstream's, whose wheel of pip is in the program instead of beside it.
import _imp
from contextlib import contextmanager

exec(_imp.get_frozen_object("_stdlib_ensurepip"), globals())


@contextmanager
def _bundled_wheel():
    import _pyt_library

    [name] = _pyt_library.names("ensurepip/_bundled/pip-")
    with tempfile.TemporaryDirectory(prefix="ensurepip-") as folder:
        path = Path(folder, name.rpartition("/")[2])
        path.write_bytes(_pyt_library.read(name))
        yield path


def _get_pip_whl_path_ctx():
    return _find_wheel_pkg_dir_pip() or _bundled_wheel()


del _imp, contextmanager
