# needs: asttokens executing
import ast, asttokens, executing, sys
tree = asttokens.ASTTokens("x = f(a, b + 1)\n", parse=True)
print([tree.get_text(node) for node in ast.walk(tree.tree) if isinstance(node, (ast.Call, ast.BinOp))])
def who(): return executing.Source.executing(sys._getframe(1)).text()
print(who(), (lambda: [who()])())
