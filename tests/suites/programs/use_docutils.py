# needs: docutils
from docutils.core import publish_string, publish_parts
text = "Title\n=====\n\nA *word*, ``code`` and a list:\n\n- one\n- two\n\n.. note:: Careful.\n\n+---+---+\n| a | b |\n+---+---+\n"
print(publish_parts(text, writer="html5")["body"])
print(publish_string(text, writer="pseudoxml").decode())
