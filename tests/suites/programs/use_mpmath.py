# needs: mpmath
import mpmath
mpmath.mp.dps = 50
print(mpmath.pi, mpmath.zeta(3), mpmath.quad(lambda x: mpmath.exp(-x**2), [-mpmath.inf, mpmath.inf]))
print(mpmath.findroot(mpmath.sin, 3), mpmath.polyroots([1, 0, -2]))
