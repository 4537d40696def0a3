import xml.etree.ElementTree as ET
for s in ("<a><b></a>", "<a>", "<a></a><b/>", "<a", "", "<a>&undefined;</a>", "<a x=1/>", "<a x='1' x='2'/>", "text", "<a>\x01</a>", "<a b='<'/>", "<1/>", "<a>]]></a>", "<p:a/>"):
    try: print(repr(s), "accepted:", ET.tostring(ET.fromstring(s)))
    except ET.ParseError as e: print(repr(s), "ParseError", e, e.position)
    except Exception as e: print(repr(s), type(e).__name__, e)
