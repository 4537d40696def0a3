# needs: wcwidth
from wcwidth import wcswidth, wcwidth
print([wcwidth(c) for c in "aé漢\u0301\n"], wcswidth("コンニチハ"), wcswidth("👩‍👩‍👧"))
