"""What stands in for `site` until somebody asks for it.

Where `site` would find nothing to add to `sys.path`, and nothing of the user's to run, importing it
only gives `builtins` a few names for the prompt, and takes a third of the interpreter's start.
`pyt-runtime` (`startup/site`) finds that out and then calls `put_off`: `site` and those names are there, and
become what they stand for when they are used.

Imports nothing that the interpreter has not imported already.
"""

import builtins
import sys

ModuleType = type(sys)
SimpleNamespace = type(sys.implementation)

_PROMPT = "quit", "exit", "copyright", "credits", "license", "help"

# What each stand-in stands for, once `site` has run.
_real = {}


class StandIn:
    """What `site` makes, under the name that it gives it."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def __repr__(self):
        return repr(_find(self._name))

    def __call__(self, /, *args, **kwds):
        return _find(self._name)(*args, **kwds)

    def __getattr__(self, attribute):
        return getattr(_find(self._name), attribute)

    def __setattr__(self, attribute, value):
        setattr(_find(self._name), attribute, value)


def put_off(isolated):
    """Puts the stand-ins where `site.main` would put its own."""
    sys._home = None
    for name in _PROMPT:
        setattr(builtins, name, StandIn(name))
    if not isolated:
        sys.__interactivehook__ = StandIn("register_readline")
    site = ModuleType("site")
    # Whoever looks for its specification (`-m site` does) gets the real one, too.
    site.__dict__.clear()
    site.__dict__.update(__name__="site", __getattr__=_site_attribute)
    sys.modules["site"] = site
    global _site, _flags
    _site, _flags = site, sys.flags


def _find(name):
    if name not in _real:
        _complete()
    return _real[name]


def _site_attribute(name):
    _complete()
    try:
        return _site.__dict__[name]
    except KeyError:
        raise AttributeError(f"module 'site' has no attribute {name!r}") from None


def _complete():
    """Runs `site` in the module that stands in for it, without what it does at the start."""
    import _frozen_importlib
    import os  # noqa: F401  Much is imported here; below, the flags are other than they should be.

    spec = _frozen_importlib.FrozenImporter.find_spec("site")
    _frozen_importlib._init_module_attrs(spec, _site, override=True)
    # With this flag, `site` changes neither `sys.path` nor anything else by itself.
    flags = {name: getattr(_flags, name) for name in dir(_flags) if not name.startswith("_")}
    sys.flags = SimpleNamespace(**flags | {"no_site": 1})
    try:
        spec.loader.exec_module(_site)
    finally:
        sys.flags = _flags
    _site.__dict__.pop("__getattr__", None)
    _site.ENABLE_USER_SITE = _site.check_enableusersite()
    _site.getusersitepackages()
    _fill_in()


def _fill_in():
    """Has `site` make what the stand-ins stand for, and puts it in their place. Where the program
    has put something of its own meanwhile, that stays."""
    before = {name: builtins.__dict__.get(name) for name in _PROMPT}
    _site.setquit()
    _site.setcopyright()
    _site.sethelper()
    for name, found in before.items():
        _real[name] = builtins.__dict__[name]
        if found is None:
            delattr(builtins, name)
        elif not isinstance(found, StandIn):
            setattr(builtins, name, found)
    _real["register_readline"] = _site.register_readline
    if isinstance(getattr(sys, "__interactivehook__", None), StandIn):
        _site.enablerlcompleter()
