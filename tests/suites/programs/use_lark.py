# needs: lark
from lark import Lark, Transformer, v_args
grammar = "?start: sum\n?sum: product | sum \"+\" product -> add\n?product: atom | product \"*\" atom -> mul\n?atom: NUMBER -> number | \"(\" sum \")\"\n%import common.NUMBER\n%import common.WS_INLINE\n%ignore WS_INLINE"
@v_args(inline=True)
class Calc(Transformer):
    from operator import add, mul
    number = float
print(Lark(grammar, parser="lalr", transformer=Calc()).parse("1 + 2 * (3 + 4)"), Lark(grammar, parser="earley").parse("1+2*3").pretty())
