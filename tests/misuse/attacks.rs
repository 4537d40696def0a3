//! Programs that once ended the process, or could not be interrupted: each ends in an exception.

use super::Program;

/// A program, and what it prints about the exception that it ends in.
type Attack = (&'static str, &'static str);

/// Runs each program in a process of its own: it ends with an exception of this class.
fn check(attacks: &[Attack]) {
    for (source, class) in attacks {
        let run = Program::new("attack.py", *source).run();
        run.exited_with(1);
        let last = run.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(class), "{source}\nexpected {class}: {run}");
    }
}

#[test]
fn nested_objects_do_not_fill_the_stack() {
    check(&[
        (
            "i = iter([1])\nfor _ in range(60000): i = map(int, i)\nnext(i)",
            "RecursionError",
        ),
        (
            "i = iter([1])\nfor _ in range(60000): i = zip(i)\nnext(i)",
            "RecursionError",
        ),
        (
            "i = iter([1])\nfor _ in range(60000): i = enumerate(i)\nnext(i)",
            "RecursionError",
        ),
        (
            "import itertools\ni = iter([1])\nfor _ in range(60000): i = itertools.chain(i)\nnext(i)",
            "RecursionError",
        ),
        (
            "f = len\nfor _ in range(60000): f = staticmethod(f)\nf()",
            "RecursionError",
        ),
        (
            "import types\nf = len\nfor _ in range(60000): f = types.MethodType(f, 1)\nf()",
            "RecursionError",
        ),
        (
            "import types\nf = {}\nfor _ in range(60000): f = types.MappingProxyType(f)\nlen(f)",
            "RecursionError",
        ),
        (
            "import threading\nc = threading.Condition()\nc.__init__(c)\nc.acquire()",
            "RecursionError",
        ),
    ]);
}

#[test]
fn deeply_nested_programs_are_refused() {
    check(&[
        ("eval('-' * 10**6 + '1')", "RecursionError"),
        ("eval('1' + '+1' * 300000)", "RecursionError"),
        ("eval('a' + '.b' * 300000)", "RecursionError"),
        ("eval('not ' * 300000 + '1')", "RecursionError"),
        (
            "import ast\nast.parse('~' * 300000 + '1')",
            "RecursionError",
        ),
        (
            "exec('if 1: pass\\n' + 'elif 1: pass\\n' * 50000)",
            "RecursionError",
        ),
    ]);
}

#[test]
fn sizes_beyond_the_memory_are_refused() {
    check(&[
        (
            "import io\nb = io.BytesIO()\nb.seek(10**15)\nb.write(b'a')",
            "MemoryError",
        ),
        ("'%999999999999999d' % 1", "MemoryError"),
        ("'%*d' % (10**15, 1)", "MemoryError"),
        ("import os\nos.urandom(10**15)", "MemoryError"),
        ("import random\nrandom.getrandbits(10**17)", "MemoryError"),
        ("('a' * 10**7).replace('a', 'b' * 10**7)", "MemoryError"),
        ("('a' * 10**7).translate({97: 'b' * 10**7})", "MemoryError"),
        ("'-'.join(['a' * 10**7] * 10**7)", "MemoryError"),
    ]);
}

#[test]
fn objects_without_contents_are_not_made() {
    check(&[
        (
            "from collections import OrderedDict\nt = type(OrderedDict().keys())\nt.__new__(t)",
            "TypeError",
        ),
        ("t = type(iter({}))\nobject.__new__(t)", "TypeError"),
    ]);
}

#[test]
fn a_failing_finalizer_is_reported_whatever_sys_is() {
    let class = "import builtins, sys\nclass D:\n  def __del__(self): 1/0\n";
    for broken in [
        "del sys.unraisablehook",
        "del builtins.__import__",
        "sys.__dict__.clear()",
        "builtins.__dict__.clear()",
    ] {
        let source = format!("{class}d = D()\ne = [D(), D()]\n{broken}\ndel d\ndel e\n");
        let run = Program::new("finalizer.py", source).run();
        assert!(matches!(run.status.code(), Some(0 | 1)), "{broken}: {run}");
    }
}

#[test]
fn a_panic_is_an_exception() {
    check(&[(
        "import codecs\ne = UnicodeEncodeError('a', 'abc', 2, 1, 'r')\n\
         codecs.lookup_error('replace')(e)",
        "SystemError: the interpreter panicked",
    )]);
}

#[test]
fn ctrl_c_ends_loops_over_iterators() {
    for endless in [
        "sum(itertools.repeat(1))",
        "all(itertools.count(1))",
        "max(map(abs, itertools.cycle([1])))",
    ] {
        let source = format!("import itertools\nprint('ready', flush=True)\n{endless}\n");
        let run = Program::new("endless.py", source)
            .interrupt_at("ready")
            .run();
        run.ended_by_interrupt();
    }
}
