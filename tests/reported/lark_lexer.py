# expect: exception AssertionError
# options: --include lark*
# package: lark-parser==0.7.8
# built: from its source
# fixed: lark-parser==0.8.9
# The lexer's state of the parser is in the lexer, which threads share.
import threading

from lark import Lark

parser = Lark('start: "a" "b" | "c" "d"', parser="lalr", lexer="contextual")
failed = []


def work(text):
    try:
        parser.parse(text)
    except Exception as error:
        failed.append(error)


threads = [threading.Thread(target=work, args=(text,)) for text in ("ab", "cd")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
