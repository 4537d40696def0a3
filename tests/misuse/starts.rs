//! Threads that cannot be started.

use super::{assert_traceback, run};

/// A stack of 64 TiB does not fit into any address space beside the rest.
#[test]
fn thread_that_cannot_be_started_leaves_nothing_behind() {
    let run = run("import _thread, threading\n\
         threading.stack_size(2**46)\n\
         t = threading.Thread(target=print, args=('ran',))\n\
         try:\n    t.start()\n\
         except RuntimeError as error:\n    print(error)\n\
         print(t.is_alive(), t.ident, threading.active_count(), len(threading.enumerate()))\n\
         try:\n    _thread.start_new_thread(print, ('ran',))\n\
         except _thread.error as error:\n    print(error)\n\
         threading.stack_size(0)\n\
         t = threading.Thread(target=print, args=('a small one runs',))\n\
         t.start(); t.join()\n");
    run.succeeded().printed(
        "can't start new thread\nFalse None 1 1\ncan't start new thread\na small one runs\n",
    );
}

#[test]
fn thread_that_cannot_be_started_fails_the_program() {
    let run = run("import threading\n\
         threading.stack_size(2**46)\n\
         threading.Thread(target=print, args=('ran',)).start()\n");
    run.exited_with(1).printed("");
    assert_traceback(
        &run,
        "Traceback (most recent call last):\n",
        "File \"{script}\", line 3, in <module>",
        "RuntimeError: can't start new thread",
    );
}

/// The memory runs out after some threads: those that run must end, and the program with them. The
/// limit is set above what the program already has.
#[test]
fn as_many_threads_as_fit() {
    let run = run("import resource, threading\n\
         pages = int(open('/proc/self/statm').read().split()[0])\n\
         limit = pages * resource.getpagesize() + 512 * 2**20\n\
         threading.stack_size(32 * 2**20)\n\
         resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n\
         go, threads = threading.Event(), []\n\
         try:\n    \
             for _ in range(1000):\n        \
                 t = threading.Thread(target=go.wait)\n        \
                 t.start()\n        \
                 threads.append(t)\n\
         except RuntimeError as error:\n    print(error)\n\
         print('some started:', 0 < len(threads) < 1000)\n\
         go.set()\n\
         for t in threads:\n    t.join()\n\
         print('left:', threading.active_count())\n");
    run.succeeded()
        .printed("can't start new thread\nsome started: True\nleft: 1\n");
}
