# needs: cloudpickle
import cloudpickle, pickle
def make(n):
    class A:
        def f(self, x): return x + n
    return A
A = pickle.loads(cloudpickle.dumps(make(3)))
print(A().f(4), pickle.loads(cloudpickle.dumps(lambda *a, k=2: sum(a) * k))(1, 2, k=5))
