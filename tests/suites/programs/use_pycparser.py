# needs: pycparser
from pycparser import c_parser, c_generator, c_ast
tree = c_parser.CParser().parse("int f(int *a, char b[3]) { for (int i = 0; i < 3; i++) a[i] += b[i]; return *a; }")
print(c_generator.CGenerator().visit(tree))
class Names(c_ast.NodeVisitor):
    def visit_ID(self, node): print(node.name, end=" ")
Names().visit(tree)
