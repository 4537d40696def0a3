"""Bytes from the operating system, by every door."""
import os
import secrets

print(os.urandom(16).hex())
print(secrets.token_hex(8), secrets.randbelow(10**9), secrets.choice("abcdef"))
if hasattr(os, "getrandom"):
    print(os.getrandom(8).hex())
