# needs: markdown-it-py
from markdown_it import MarkdownIt
md = MarkdownIt("commonmark").enable("table")
print(md.render("# T\n\na *b* **c** `d` [e](http://f \"g\")\n\n1. x\n   - y\n\n> q\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n"))
