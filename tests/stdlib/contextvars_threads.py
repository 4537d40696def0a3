"""`contextvars` across threads: what a thread starts with, `Thread(context=)`, `copy_context`."""
import contextvars
import decimal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar, copy_context

PATIENCE = 120
user = ContextVar("user", default="nobody")
trace = ContextVar("trace")


def in_thread(target, **options):
    got = []
    thread = threading.Thread(target=lambda: got.append(target()), **options)
    thread.start()
    thread.join()
    return got[0]


def what_a_thread_starts_with():
    """An empty context, or a copy of its starter's if `sys.flags.thread_inherit_context` is set."""
    token = user.set("alice")
    expected = "alice" if sys.flags.thread_inherit_context else "nobody"
    assert in_thread(user.get) == expected
    timer_saw = []
    timer = threading.Timer(0, lambda: timer_saw.append(user.get()))
    timer.start()
    timer.join()
    assert timer_saw == [expected]

    def change():
        user.set("mallory")

    in_thread(change)
    assert user.get() == "alice"
    user.reset(token)
    assert user.get() == "nobody"


def given_contexts():
    context = copy_context()
    context.run(user.set, "bob")
    assert in_thread(user.get, context=context) == "bob"
    assert user.get() == "nobody"
    in_thread(lambda: trace.set("from the thread"), context=context)
    assert context[trace] == "from the thread" and trace not in copy_context()
    assert in_thread(user.get, context=Context()) == "nobody"

    class Sub(threading.Thread):
        def run(self):
            self.saw = user.get()

    thread = Sub(context=context)
    thread.start()
    thread.join()
    assert thread.saw == "bob"


def the_context_is_taken_when_the_thread_starts():
    token = user.set("before")
    got = []
    thread = threading.Thread(target=lambda: got.append(user.get()))
    user.set("after")
    thread.start()
    thread.join()
    assert got == ["after" if sys.flags.thread_inherit_context else "nobody"]
    user.reset(token)


def one_context_one_thread():
    """A context that is entered in one thread cannot be entered in another."""
    context, entered, leave = copy_context(), threading.Event(), threading.Event()

    def hold():
        entered.set()
        assert leave.wait(PATIENCE)

    thread = threading.Thread(target=context.run, args=(hold,))
    thread.start()
    assert entered.wait(PATIENCE)
    try:
        context.run(int)
    except RuntimeError as error:
        assert str(error).startswith("cannot enter context: <_contextvars.Context object"), error
        assert str(error).endswith("is already entered"), error
    else:
        raise AssertionError("entered twice")
    copied = context.copy()
    assert copied.run(user.get) == "nobody"
    leave.set()
    thread.join()
    assert context.run(user.get) == "nobody"

    # The same error, in a thread that was given the context.
    caught = []
    hook, threading.excepthook = threading.excepthook, caught.append

    def start_in_my_own():
        thread = threading.Thread(target=int, context=context)
        thread.start()
        thread.join()

    try:
        context.run(start_in_my_own)
    finally:
        threading.excepthook = hook
    return caught


def tokens_belong_to_their_context():
    token = user.set("here")
    error = in_thread(lambda: raised(ValueError, user.reset, token), context=Context())
    assert "was created in a different Context" in str(error), error
    user.reset(token)
    error = raised(RuntimeError, user.reset, token)
    assert str(error).endswith("has already been used once"), error


def raised(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def many_threads_do_not_see_each_other():
    barrier = threading.Barrier(8)
    wrong = []

    def work(n):
        for k in range(200):
            token = user.set((n, k))
            if k % 50 == 0:
                barrier.wait(PATIENCE)
            if user.get() != (n, k):
                wrong.append((n, k, user.get()))
            inner = copy_context()
            inner.run(trace.set, n)
            if trace.get(None) is not None or inner[trace] != n or inner[user] != (n, k):
                wrong.append((n, k, "inner"))
            user.reset(token)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]


def pools():
    token = user.set("submitter")
    with ThreadPoolExecutor(4) as pool:
        contexts = [copy_context() for _ in range(50)]
        for n, context in enumerate(contexts):
            context.run(user.set, n)
        jobs = [pool.submit(context.run, user.get) for context in contexts]
        assert [job.result(PATIENCE) for job in jobs] == list(range(50))
    user.reset(token)


def decimal_contexts():
    """`decimal` keeps its precision in a context variable."""
    barrier = threading.Barrier(4)

    def digits(n):
        with decimal.localcontext() as context:
            context.prec = n
            barrier.wait(PATIENCE)
            got = [len(str(decimal.Decimal(1) / 3)) - 2 for _ in range(50)]
            barrier.wait(PATIENCE)
        return set(got)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(digits, [3, 7, 11, 19])) == [{3}, {7}, {11}, {19}]


def the_flag():
    """`-X thread_inherit_context` and its variable say what threads start with."""
    source = (
        "import contextvars, sys, threading; v = contextvars.ContextVar('v', default=0); v.set(1);"
        "t = threading.Thread(target=lambda: print(sys.flags.thread_inherit_context, v.get()));"
        "t.start(); t.join()"
    )
    for setting in "01":
        run = subprocess.run(
            [sys.executable, "-X", f"thread_inherit_context={setting}", "-c", source],
            capture_output=True,
            text=True,
        )
        assert run.stdout == f"{setting} {setting}\n", run
        run = subprocess.run(
            [sys.executable, "-c", source],
            capture_output=True,
            text=True,
            env={"PYTHON_THREAD_INHERIT_CONTEXT": setting},
        )
        assert run.stdout == f"{setting} {setting}\n", run


what_a_thread_starts_with()
given_contexts()
the_context_is_taken_when_the_thread_starts()
[arguments] = one_context_one_thread()
assert arguments.exc_type is RuntimeError and "is already entered" in str(arguments.exc_value)
tokens_belong_to_their_context()
many_threads_do_not_see_each_other()
pools()
decimal_contexts()
the_flag()
