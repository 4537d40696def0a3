# needs: rsa
import rsa
key = rsa.PrivateKey(3247, 65537, 833, 191, 17)
print(rsa.common.inverse(3, 11), rsa.prime.is_prime(104729), rsa.prime.is_prime(104730))
public, private = rsa.newkeys(512)
signature = rsa.sign(b"text", private, "SHA-256")
print(rsa.verify(b"text", signature, public), rsa.decrypt(rsa.encrypt(b"secret", public), private))
