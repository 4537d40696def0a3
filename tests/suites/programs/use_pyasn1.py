# needs: pyasn1
from pyasn1.type import univ, namedtype
from pyasn1.codec.der import encoder, decoder
class Record(univ.Sequence):
    componentType = namedtype.NamedTypes(namedtype.NamedType("id", univ.Integer()), namedtype.OptionalNamedType("name", univ.OctetString()))
record = Record()
record["id"] = 12345678901234567890
record["name"] = b"abc"
data = encoder.encode(record)
again, rest = decoder.decode(data, asn1Spec=Record())
print(data.hex(), int(again["id"]), bytes(again["name"]), rest)
