"""Certificates and keys are loaded from paths of all kinds."""
import os
import pathlib
import ssl

FOLDER = os.environ.get("PYT_TEST_FOLDER") or os.path.dirname(os.path.abspath(__file__))
HERE = pathlib.Path(FOLDER, "certificates")


class Path:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


def kinds(path):
    return str(path), os.fsencode(path), path, Path(str(path)), Path(os.fsencode(path))


for path in kinds(HERE / "ca.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    context.load_verify_locations(cafile=path)
    assert len(context.get_ca_certs()) == 1
    assert ssl.create_default_context(cafile=path)
for path in kinds(HERE / "server.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.load_cert_chain(path, path)
    context.load_cert_chain(certfile=path, keyfile=path, password=None)
for path in kinds(HERE):
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(capath=path)
for path in kinds(HERE / "none"):
    for load in (context.load_verify_locations, context.load_cert_chain):
        try:
            load(path)
        except FileNotFoundError as error:
            assert error.errno == 2
        else:
            raise AssertionError(path)


def refused(load, **arguments):
    try:
        load(**arguments)
    except TypeError as error:
        return str(error)


for wrong in (3, 2.5, [], Path(3), bytearray(b"x")):
    for name in "cafile", "capath":
        found = refused(context.load_verify_locations, **{name: wrong})
        assert found == f"{name} should be a valid filesystem path", found
    for name in "certfile", "keyfile":
        arguments = {"certfile": HERE / "server.pem", name: wrong}
        found = refused(context.load_cert_chain, **arguments)
        assert found == f"{name} should be a valid filesystem path", found
assert refused(context.load_verify_locations) == "cafile, capath and cadata cannot be all omitted"
