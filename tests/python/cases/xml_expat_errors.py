import xml.sax, xml.dom.minidom, xml.parsers.expat, plistlib
def show(name, f):
    try: print(name, "accepted", f())
    except Exception as e: print(name, type(e).__name__, e)
show("sax", lambda: xml.sax.parseString(b"<a><b></a>", xml.sax.ContentHandler()))
show("minidom", lambda: xml.dom.minidom.parseString(b"<a><b></a>").toxml())
show("expat", lambda: xml.parsers.expat.ParserCreate().Parse(b"<a><b></a>", True))
show("plistlib", lambda: plistlib.loads(b"<?xml version='1.0'?><plist><dict><key>a</key>"))
