# needs: xmltodict
import xmltodict
data = xmltodict.parse('<a x="1"><b>t</b><b>u</b><c/></a>', force_list=("c",))
print(data); print(xmltodict.unparse(data, pretty=True))
