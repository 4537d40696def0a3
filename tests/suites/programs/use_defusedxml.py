# needs: defusedxml
import defusedxml.ElementTree as ET
print(ET.fromstring("<a><b c='d'>e</b></a>").find("b").attrib)
bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
try: ET.fromstring(bomb)
except Exception as error: print(type(error).__name__)
