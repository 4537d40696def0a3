# needs: prompt-toolkit
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
words = WordCompleter(["alpha", "beta", "alphabet"])
print([c.text for c in words.get_completions(Document("al"), None)])
with create_pipe_input() as pipe:
    pipe.send_text("hello\x7fO\n")
    print(PromptSession(input=pipe, output=DummyOutput()).prompt("> "))
