//! `Thread`, `Timer`, and the functions that start threads.

use super::{NAN, TOO_LONG, check};

/// A thread that runs until the test lets it go, and the test's question to it.
const RUNNING: &str = "e = threading.Event()\n\
    t = threading.Thread(target=e.wait)\n\
    def ask(call):\n    \
        t.start()\n    \
        try: return call()\n    \
        finally: e.set(); t.join()";

/// A thread class that forgets to call its base class's `__init__`.
const NO_INIT: &str = "class T(threading.Thread):\n    def __init__(self): pass";

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn threads() {
    let ended = "t = threading.Thread(target=int); t.start(); t.join()";
    check(&[
        (
            ended,
            "t.start()",
            "RuntimeError: threads can only be started once",
        ),
        (
            RUNNING,
            "ask(t.start)",
            "RuntimeError: threads can only be started once",
        ),
        (
            "",
            "threading.current_thread().join()",
            "RuntimeError: cannot join current thread",
        ),
        (
            "out = []\n\
             t = threading.Thread(target=lambda: out.append(attempt(t.join)))\n\
             t.start(); t.join()",
            "out",
            "['RuntimeError: cannot join current thread']",
        ),
        (
            "",
            "threading.Thread(target=int).join()",
            "RuntimeError: cannot join thread before it is started",
        ),
        (
            "",
            "threading.Thread(group=1)",
            "AssertionError: group argument must be None for now",
        ),
        (
            "",
            "threading.Thread(bogus=1)",
            "TypeError: Thread.__init__() got an unexpected keyword argument 'bogus'",
        ),
        (
            ended,
            "setattr(t, 'daemon', True)",
            "RuntimeError: cannot set daemon status of active thread",
        ),
        (
            RUNNING,
            "ask(lambda: setattr(t, 'daemon', True))",
            "RuntimeError: cannot set daemon status of active thread",
        ),
        (
            NO_INIT,
            "T().start()",
            "RuntimeError: thread.__init__() not called",
        ),
        (
            NO_INIT,
            "T().join()",
            "RuntimeError: Thread.__init__() not called",
        ),
        (
            NO_INIT,
            "repr(T())",
            "AssertionError: Thread.__init__() was not called",
        ),
        (
            NO_INIT,
            "T().daemon",
            "AssertionError: Thread.__init__() not called",
        ),
        (RUNNING, "ask(lambda: t.join(-1))", "None"),
        (RUNNING, "ask(lambda: t.join(math.nan))", NAN),
        (RUNNING, "ask(lambda: t.join(math.inf))", TOO_LONG),
        (RUNNING, "ask(lambda: t.join(1e100))", TOO_LONG),
        (
            RUNNING,
            "ask(lambda: t.join('1'))",
            "TypeError: '>' not supported between instances of 'int' and 'str'",
        ),
        (
            "",
            "threading.Timer()",
            "TypeError: Timer.__init__() missing 2 required positional arguments: \
             'interval' and 'function'",
        ),
        (
            "t = threading.Timer(-1, int)",
            "t.start(), t.join()",
            "(None, None)",
        ),
        (
            "",
            "threading.local(5)",
            "TypeError: Initialization arguments are not supported",
        ),
        (
            "",
            "threading.local().x",
            "AttributeError: '_thread._local' object has no attribute 'x'",
        ),
        (
            "",
            "threading.excepthook(5)",
            "TypeError: _thread.excepthook argument type must be ExceptHookArgs",
        ),
        (
            "",
            "threading.stack_size('x')",
            "TypeError: 'str' object cannot be interpreted as an integer",
        ),
        // The message names the least size, which depends on the platform.
        (
            "",
            "attempt(lambda: threading.stack_size(1)).split(':')[0]",
            "'ValueError'",
        ),
        (
            "",
            "_thread.start_new_thread(5, ())",
            "TypeError: first arg must be callable",
        ),
        (
            "",
            "_thread.start_new_thread(int, 5)",
            "TypeError: 2nd arg must be a tuple",
        ),
        (
            "",
            "_thread.start_new_thread(int, (), 5)",
            "TypeError: optional 3rd arg must be a dictionary",
        ),
        (
            "",
            "_thread.start_new_thread(int)",
            "TypeError: start_new_thread expected at least 2 arguments, got 1",
        ),
        (
            "",
            "_thread.start_joinable_thread(5)",
            "TypeError: thread function must be callable",
        ),
    ]);
}
