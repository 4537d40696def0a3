# The module `venv`: upstream's, whose scripts of activation are in the program instead of beside it.
import _imp

exec(_imp.get_frozen_object("_stdlib_venv"), globals())


def _setup_scripts(self, context):
    """
    Set up scripts into the created environment from a directory.

    This method installs the default scripts into the environment
    being created. You can prevent the default installation by overriding
    this method if you really need to, or if you need to specify
    a different location for the scripts to install. By default, the
    'scripts' directory in the venv package is used as the source of
    scripts to install.
    """
    import tempfile

    import _pyt_library

    with tempfile.TemporaryDirectory(prefix="venv-") as folder:
        scripts = os.path.join(folder, "scripts")
        for name in _pyt_library.names("venv/scripts/"):
            path = os.path.join(folder, *name.split("/")[1:])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(_pyt_library.read(name))
        self.install_scripts(context, scripts)


_setup_scripts.__name__ = "setup_scripts"
_setup_scripts.__qualname__ = "EnvBuilder.setup_scripts"
EnvBuilder.setup_scripts = _setup_scripts
del _imp, _setup_scripts
