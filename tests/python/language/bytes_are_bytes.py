"""Methods of `bytes` and `bytearray` know nothing of characters outside of ASCII."""
from urllib.parse import quote, unquote, urlencode

for kind in (bytes, bytearray):
    hangul = kind("\u3134".encode())  # Its number ends in the byte 0x34, "4".
    assert hangul.strip(b"1234") == hangul.lstrip(b"4") == hangul.rstrip(b"0123456789") == hangul
    assert kind(b"44x4").strip(b"4") == b"x" and kind(b"44x4").lstrip(b"4") == b"x4"
    assert kind(b"44x4").rstrip(b"4") == b"44x" and kind(b"444").strip(b"4") == b""
    assert kind(b"xabcx").strip(bytearray(b"ax")) == b"bc"
    assert kind(b"\xff\xfe1").lstrip(memoryview(b"\xff")) == b"\xfe1"
    for space in ("\xa0", "\x85", "\u2028", "\u3000", "\x1c", "\x1f"):
        spaced = kind(space.encode() + b"x" + space.encode())
        assert spaced.strip() == spaced.lstrip() == spaced.rstrip() == spaced, space
    assert kind(b" \t\n\r\x0b\x0cx \t\n\r\x0b\x0c").strip() == b"x"
    assert kind(b"  x ").strip(None) == b"x" and kind(b"").strip() == b"" == kind(b"").rstrip(b"")
    assert type(kind(b" x").strip()) is kind
    for byte in range(256):
        one = kind([byte])
        letter = byte < 128 and chr(byte).isalpha()
        assert one.isalpha() is letter, byte
        assert one.isalnum() is (letter or byte in b"0123456789"), byte
    assert not kind(b"").isalpha() and not kind(b"").isalnum()
    for number in (int, float):
        assert number(kind(b" \t\n\r\x0b\x0c12 \t\n\r\x0b\x0c")) == 12
        for text in "\xa01", "1\x85", "\u06631", "1\x1c", "\x1f1", "", " ", "x", "1\0":
            try:
                number(kind(text.encode()))
            except ValueError as error:
                shown = kind(text.encode()) if number is float else text.encode()
                assert str(error).endswith(f": {shown!r}"), error
            else:
                raise AssertionError(text)
    assert int(kind(b"ff"), 16) == 255 and int(kind(b" -0x1f\x0b"), base=0) == -31
    for wrong in ("a", 5, [1]):
        for name in ("strip", "lstrip", "rstrip"):
            try:
                getattr(kind(b"x"), name)(wrong)
            except TypeError:
                pass
            else:
                raise AssertionError(wrong)

whole = b"whole"
assert whole.strip() is whole
for method in (bytes.strip, bytes.isalpha, bytearray.rstrip):
    try:
        method("text")
    except TypeError:
        pass
    else:
        raise AssertionError(method)


class Derived(bytes):
    pass


assert type(Derived(b"x").strip()) is bytes and int(Derived(b"7")) == 7


class Number(int):
    pass


assert Number(b"7") == 7 and type(Number(b"7")) is Number
for number in range(0x80, 0xFFFF, 7):
    if not 0xD800 <= number < 0xE000:
        text = chr(number)
        escaped = "".join(f"%{byte:02X}" for byte in text.encode())
        assert quote(text) == escaped and unquote(escaped) == text, hex(number)
assert urlencode({"\u3131": "\u3137 4"}) == "%E3%84%B1=%E3%84%B7+4"
