//! Exceptions that leave a thread, and programs that end by themselves.

use super::{assert_traceback, run};

#[test]
fn sys_exit_in_a_thread_ends_only_the_thread() {
    let run = run("import sys, threading\n\
         t = threading.Thread(target=sys.exit, args=('not shown',))\n\
         t.start(); t.join()\n\
         print('alive:', t.is_alive())\n");
    run.succeeded().printed("alive: False\n");
}

#[test]
fn exception_in_a_thread_is_shown_and_the_program_goes_on() {
    let run = run("import threading\n\
         def worker():\n    \
             raise ValueError('boom')\n\
         t = threading.Thread(target=worker)\n\
         t.start(); t.join()\n\
         print('main goes on')\n");
    run.exited_with(0).printed("main goes on\n");
    assert_traceback(
        &run,
        "Exception in thread Thread-1 (worker):\nTraceback (most recent call last):\n",
        "File \"{script}\", line 3, in worker",
        "ValueError: boom",
    );
}

#[test]
fn exception_in_a_subclass_names_the_thread() {
    let run = run("import threading\n\
         class Mine(threading.Thread):\n    \
             def run(self):\n        \
                 raise KeyboardInterrupt\n\
         t = Mine(name='mine')\n\
         t.start(); t.join()\n");
    run.exited_with(0).printed("");
    assert_traceback(
        &run,
        "Exception in thread mine:\nTraceback (most recent call last):\n",
        "File \"{script}\", line 4, in run",
        "KeyboardInterrupt",
    );
}

#[test]
fn exception_in_a_low_level_thread_is_ignored_aloud() {
    let run = run("import _thread\n\
         def worker():\n    \
             raise KeyError('k')\n\
         handle = _thread.start_joinable_thread(worker)\n\
         handle.join()\n\
         print('main goes on')\n");
    run.exited_with(0).printed("main goes on\n");
    assert_traceback(
        &run,
        "Exception ignored in thread started by <function worker at 0x",
        "File \"{script}\", line 3, in worker",
        "KeyError: 'k'",
    );
}

#[test]
fn excepthook_gets_the_exception_and_may_fail_itself() {
    let run = run("import threading\n\
         def start():\n    \
             t = threading.Thread(target=int, args=('x',), name='parser')\n    \
             t.start(); t.join()\n\
         def good(args):\n    \
             print(args.exc_type.__name__, args.exc_value, args.thread.name)\n\
         def bad(args):\n    \
             raise OSError('in hook')\n\
         threading.excepthook = good\n\
         start()\n\
         threading.excepthook = bad\n\
         start()\n\
         print('end')\n");
    run.exited_with(0)
        .printed("ValueError invalid literal for int() with base 10: 'x' parser\nend\n");
    assert_traceback(
        &run,
        "Exception in threading.excepthook:\nTraceback (most recent call last):\n",
        "File \"{script}\", line 8, in bad",
        "OSError: in hook",
    );
}

#[test]
fn exception_in_the_main_thread_waits_for_the_others() {
    let run = run("import threading, time\n\
         def worker():\n    \
             time.sleep(0.2)\n    \
             print('worker ends')\n\
         threading.Thread(target=worker).start()\n\
         raise ValueError('main fails')\n");
    run.exited_with(1).printed("worker ends\n");
    assert_traceback(
        &run,
        "Traceback (most recent call last):\n",
        "File \"{script}\", line 6, in <module>",
        "ValueError: main fails",
    );
}

#[test]
fn sys_exit_in_the_main_thread_waits_for_the_others() {
    let run = run("import sys, threading, time\n\
         def worker():\n    \
             time.sleep(0.2)\n    \
             print('worker ends')\n\
         threading.Thread(target=worker).start()\n\
         sys.exit(3)\n");
    run.exited_with(3).printed("worker ends\n").complained("");
}

#[test]
fn os_exit_in_a_thread_ends_the_program() {
    let run = run("import os, threading, time\n\
         threading.Thread(target=os._exit, args=(5,)).start()\n\
         time.sleep(3600)\n");
    run.exited_with(5).printed("").complained("");
}
