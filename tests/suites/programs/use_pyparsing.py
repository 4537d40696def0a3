# needs: pyparsing
import pyparsing as pp
number = pp.common.number
expression = pp.infix_notation(number, [(pp.one_of("* /"), 2, pp.OpAssoc.LEFT), (pp.one_of("+ -"), 2, pp.OpAssoc.LEFT)])
print(expression.parse_string("1 + 2 * (3 - 4.5)").as_list())
pair = pp.Word(pp.alphas)("key") + "=" + pp.QuotedString('"')("value")
print([r.as_dict() for r in pair.search_string('a="x" b="y z"')])
try: expression.parse_string("1 +", parse_all=True)
except pp.ParseException as error: print(error)
