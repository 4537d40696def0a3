# needs: sympy mpmath
from sympy import Eq, Matrix, diff, factor, integrate, latex, limit, oo, pi, simplify, sin, solve, sqrt, symbols
x, y = symbols("x y")
print(diff(sin(x) * x**2, x), integrate(x**2 * sin(x), x), limit(sin(x) / x, x, 0))
print(factor(x**4 - 1), solve(Eq(x**2 - 2, 0), x), simplify((x**2 - y**2) / (x - y)))
print(Matrix([[1, 2], [3, 4]]).inv(), latex(sqrt(x) / pi), pi.evalf(40))
