"""Generators made without a seed, SystemRandom, and a shuffle."""
import random

for _ in range(3):
    print(random.Random().random())
print(random.SystemRandom().randrange(10**12))
cards = list(range(20))
random.shuffle(cards)
print(cards)
print(random.getrandbits(128), random.randbytes(4).hex())
