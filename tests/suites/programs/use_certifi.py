# needs: certifi
import certifi
text = open(certifi.where()).read()
print(text.count("BEGIN CERTIFICATE") > 100, certifi.where().endswith("cacert.pem"))
