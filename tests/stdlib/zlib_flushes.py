"""A decompressor is flushed as often as one likes; what comes after the end is refused in zlib's words."""

import gzip
import zlib

text = b"abc" * 10
for bits, data in ((15, zlib.compress(text)), (-15, zlib.compress(text)[2:-4]), (31, gzip.compress(text))):
    for cut in (0, len(data) // 2, len(data)):
        stream = zlib.decompressobj(bits)
        parts = stream.decompress(data[:cut]) + stream.flush() + stream.flush()
        if cut < len(data):
            assert not stream.eof
            parts += stream.decompress(data[cut:])
        assert parts == text and stream.eof, (bits, cut, parts)
        assert stream.flush() == stream.flush(10) == b""
    stream = zlib.decompressobj(bits)
    assert stream.decompress(data + b"more", 5) == text[:5]
    assert stream.flush() == text[5:]
    assert stream.eof and stream.unused_data == b"more"
    assert stream.flush() == b""
    try:
        stream.decompress(data)
    except zlib.error as error:
        assert str(error) == "Error -2 while decompressing data: inconsistent stream state", error
    else:
        raise AssertionError("the stream has ended")
    try:
        stream.copy()
    except ValueError as error:
        assert str(error) == "Inconsistent stream state", error
    else:
        raise AssertionError("the stream has ended")
try:
    zlib.decompressobj().decompress(b"no data")
except zlib.error as error:
    assert "incorrect header check" in str(error), error
else:
    raise AssertionError("no such data")
