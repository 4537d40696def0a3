# needs: joblib
import tempfile
from joblib import Memory, Parallel, delayed, hash as joblib_hash
print(Parallel(n_jobs=4, prefer="threads")(delayed(pow)(i, 2) for i in range(10)))
memory = Memory(tempfile.mkdtemp(), verbose=0)
calls = []
def slow(x): calls.append(x); return x * 2
cached = memory.cache(slow)
print(cached(3), cached(3), cached(4), joblib_hash([1, "a"]) == joblib_hash([1, "a"]))
