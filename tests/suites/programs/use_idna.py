# needs: idna
import idna
print(idna.encode("ドメイン.テスト"), idna.decode("xn--eckwd4c7c.xn--zckzah"))
try:
    idna.encode("a" * 70)
except idna.IDNAError as error:
    print(type(error).__name__, error)
