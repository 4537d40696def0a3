"""Documents that are not well-formed are refused, where and as Expat refuses them; others are read
the same, however they are cut into pieces."""
import io
import pickle
import plistlib
import xml.dom.minidom
import xml.etree.ElementTree as ET
import xml.parsers.expat as expat
import xml.sax

REFUSED = {
    b"<a><b></a>": "mismatched tag: line 1, column 8",
    b"<a>": "no element found: line 1, column 3",
    b"<a></a><b/>": "junk after document element: line 1, column 7",
    b"<a": "unclosed token: line 1, column 0",
    b"": "no element found: line 1, column 0",
    b"<a>&undefined;</a>": "undefined entity: line 1, column 3",
    b"<a x=1/>": "not well-formed (invalid token): line 1, column 5",
    b"<a x='1' x='2'/>": "duplicate attribute: line 1, column 9",
    b"text": "syntax error: line 1, column 0",
    b"<a>\x01</a>": "not well-formed (invalid token): line 1, column 3",
    b"<a b='<'/>": "not well-formed (invalid token): line 1, column 6",
    b"<1/>": "not well-formed (invalid token): line 1, column 1",
    b"<a>]]></a>": "not well-formed (invalid token): line 1, column 5",
    b"<a>\n\n <b></a>": "mismatched tag: line 3, column 6",
    b"<!-- a -- b --><a/>": "not well-formed (invalid token): line 1, column 9",
    b" <?xml version='1.0'?><a/>": "XML or text declaration not at start of entity: line 1, column 1",
    b"<a>\xe9</a>": "not well-formed (invalid token): line 1, column 3",
    b"<a>&#0;</a>": "reference to invalid character number: line 1, column 3",
    b"<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>":
        "recursive entity reference: line 1, column 52",
    b"<a><![CDATA[ x</a>": "unclosed CDATA section: line 1, column 18",
    b"<a/></a>": "not well-formed (invalid token): line 1, column 5",
}


def outcome(document, *, size=None, separator=None):
    seen = []
    parser = expat.ParserCreate(namespace_separator=separator)
    parser.buffer_text = True
    for name in ("StartElement", "EndElement", "CharacterData", "Comment", "ProcessingInstruction",
                 "StartNamespaceDecl", "EndNamespaceDecl", "StartCdataSection", "EndCdataSection",
                 "EntityDecl", "AttlistDecl", "ElementDecl", "StartDoctypeDecl", "XmlDecl"):
        setattr(parser, name + "Handler", lambda *parts, name=name: seen.append((name, *parts)))
    try:
        for begin in range(0, len(document), size or len(document) or 1):
            parser.Parse(document[begin:begin + (size or len(document))], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        assert (error.lineno, error.offset) == (parser.ErrorLineNumber, parser.ErrorColumnNumber)
        assert expat.errors.messages[error.code] == str(error).split(":")[0]
        assert parser.ErrorCode == error.code and expat.ErrorString(error.code) in str(error)
        seen.append(str(error))
    joined = []
    for part in seen:
        # Text that is cut by the pieces.
        if part[0] == "CharacterData" and joined and joined[-1][0] == "CharacterData":
            joined[-1] = ("CharacterData", joined[-1][1] + part[1])
        else:
            joined.append(part)
    return joined


for document, message in REFUSED.items():
    for size in (None, 1, 3):
        found = outcome(document, size=size)[-1:]
        assert found == [message], (document, size, found)
    try:
        ET.fromstring(document)
    except ET.ParseError as error:
        line, column = message.rsplit("line ")[1].split(", column ")
        assert str(error) == message and error.position == (int(line), int(column)), error
    else:
        raise AssertionError(document)

DOCUMENT = """<?xml version='1.0' encoding='utf-8'?>
<!DOCTYPE a PUBLIC '-//X//Y' 'a.dtd' [
  <!ELEMENT a (b, (c|d)*, e?)>
  <!ATTLIST b kind (x|y) 'x' id ID #IMPLIED words NMTOKENS #REQUIRED>
  <!ENTITY who 'w&#246;rld <i>&amp;</i>'>
]>
<a xmlns='urn:1' xmlns:p='urn:2'><!-- c -->
 <b words='  p  q ' p:x='1&#10;2'>h\u00e9llo &who;</b>\r\n<c><![CDATA[<raw> ]]]]></c><?pi data?><p:d/>
</a>
""".encode()
whole = outcome(DOCUMENT, separator="|")
names = [part[1] for part in whole if part[0] == "StartElement"]
assert names == ["urn:1|a", "urn:1|b", "urn:1|i", "urn:1|c", "urn:2|d"], names
attributes = [part[2] for part in whole if part[0] == "StartElement"][1]
assert attributes == {"words": "p q", "urn:2|x": "1\n2", "kind": "x"}, attributes
text = "".join(part[1] for part in whole if part[0] == "CharacterData")
assert text == "\n héllo wörld &\n<raw> ]]\n", text
assert ("ElementDecl", "a", (6, 0, None, ((4, 0, "b", ()), (5, 2, None, ((4, 0, "c", ()),
        (4, 0, "d", ()))), (4, 1, "e", ())))) in whole
for size in (1, 2, 7, 64):
    assert outcome(DOCUMENT, size=size, separator="|") == whole, size

# Encodings.
for encoding in ("utf-8", "utf-16", "latin-1", "koi8-r", "cp1252"):
    letter = "é" if encoding != "koi8-r" else "И"
    document = f"<?xml version='1.0' encoding='{encoding}'?><a b='{letter}'>{letter}</a>".encode(encoding)
    element = ET.fromstring(document)
    assert element.text == element.get("b") == letter, encoding
assert ET.fromstring(f"<?xml version='1.0' encoding='ascii'?><a>é</a>").text == "é"
for unknown, error in (("nope", LookupError), ("shift_jis", ValueError)):
    try:
        ET.fromstring(f"<?xml version='1.0' encoding='{unknown}'?><a/>".encode())
    except error:
        pass
    else:
        raise AssertionError(unknown)

# A handler that fails ends it; the parser cannot be used again after the end.
parser = expat.ParserCreate()


def fail(*parts):
    raise KeyError(parts[0])


parser.StartElementHandler = fail
try:
    parser.Parse(b"<a><b/></a>", True)
except KeyError as error:
    assert error.args == ("a",)
for parser in (parser, expat.ParserCreate()):
    try:
        parser.Parse(b"<a/>", True)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        assert error.code == 36, error
    else:
        raise AssertionError("parsed after the end")

# Entities that grow without end.
bomb = "<!DOCTYPE a [<!ENTITY e0 'xxxxxxxxxx'>" + "".join(
    f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 9)) + "]><a>&e8;</a>"
try:
    ET.fromstring(bomb)
except ET.ParseError as error:
    assert error.code == 43, error
else:
    raise AssertionError("an attack went through")

# Readers on top of it.
for read in (lambda data: xml.sax.parseString(data, xml.sax.ContentHandler()),
             xml.dom.minidom.parseString,
             lambda data: list(ET.iterparse(io.BytesIO(data))),
             lambda data: plistlib.loads(b"<?xml version='1.0'?><plist>" + data)):
    for data in (b"<a><b></a>", b"<a>"):
        try:
            read(data)
        except (xml.sax.SAXParseException, expat.ExpatError, ET.ParseError):
            pass
        else:
            raise AssertionError(data)
tree = xml.dom.minidom.parseString("<a b='1'>t<!-- c --><c/></a>")
assert tree.documentElement.toxml() == '<a b="1">t<!-- c --><c/></a>'
value = {"a": [1, 2.5, True, b"x", "é"], "d": {"k": "v"}}
assert plistlib.loads(plistlib.dumps(value)) == value
parser = ET.XMLPullParser(["start", "end", "start-ns", "comment"])
parser.feed("<a xmlns:p='u'><!-- c -->")
parser.feed("<p:b/></a>")
parser.close()
assert [event for event, _ in parser.read_events()] == \
    ["start-ns", "start", "comment", "start", "end", "end"]
big = "<a>" + "".join(f"<b i='{i}'>text {i}</b>\n" for i in range(20000)) + "</a>"
assert len(ET.fromstring(big)) == 20000
