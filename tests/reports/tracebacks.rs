//! Tracebacks of uncaught exceptions: of the main thread and of others.

use pyt_test::Program;

use crate::{assert_process, program};

/// A program whose threads run one after the other.
fn threads(source: &str) -> Program {
    let head = "\
import threading

def run(target, *args, name=None):
    thread = threading.Thread(target=target, args=args, name=name)
    thread.start()
    thread.join()

";
    program("tracebacks", &format!("{head}{source}"), &[])
}

#[test]
fn of_the_main_thread() {
    let source = "\
def divide(by):
    return 1 / by

def compute():
    try:
        divide(0)
    except ZeroDivisionError as error:
        raise ValueError('cannot compute') from error

compute()
";
    assert_process("traceback_of_main", &program("main", source, &[]).run());
}

#[test]
fn of_threads() {
    let source = "\
def fail():
    raise ValueError('boom')

def chain():
    try:
        {}['missing']
    except KeyError:
        raise RuntimeError('no luck')

def group():
    raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])

class Mine(threading.Thread):
    def run(self):
        raise KeyboardInterrupt

run(fail)
run(fail, name='named')
run(chain)
run(group)
run(fail, 'an argument too many')
mine = Mine()
mine.start()
mine.join()
run(exit, 'not shown')
print('main goes on')
";
    assert_process("traceback_of_threads", &threads(source).run());
}

#[test]
fn of_low_level_threads() {
    let source = "\
import _thread

def worker():
    raise KeyError('k')

_thread.start_joinable_thread(worker).join()
";
    assert_process("traceback_of_low_level_thread", &threads(source).run());
}

#[test]
fn of_hooks_that_fail() {
    let source = "\
def hook(args):
    raise LookupError('in the hook')

def fail():
    raise ValueError('boom')

threading.excepthook = hook
run(fail)
";
    assert_process("traceback_of_a_failing_hook", &threads(source).run());
}

#[test]
fn of_an_interrupted_wait() {
    let source = "\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
print('blocking', flush=True)
threading.Event().wait()
";
    let program = threads(source).flag("-X").flag("deadlock=ignore");
    let done = program.interrupt_at("blocking").run();
    assert_process("traceback_of_ctrl_c", &done);
}
