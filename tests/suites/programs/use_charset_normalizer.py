# needs: charset-normalizer
from charset_normalizer import from_bytes
text = "Bonjour, où êtes-vous ? L'été dernier, à Genève, nous avons mangé des crêpes très légères."
for encoding in ("utf-8", "cp1252", "utf-16"):
    best = from_bytes(text.encode(encoding)).best()
    print(encoding, str(best) == text, best.language)
