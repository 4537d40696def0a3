//! The `pyt` command as a user meets it: arguments, streams, signals, exit statuses.
//!
//! What is expected here was seen with CPython 3.14, unless a comment says otherwise. Every run
//! has a deadline, after which it is ended and the test fails with what it printed.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::ExitStatus,
    thread,
    time::{Duration, Instant},
};

use pyt_test::{
    CompletedProcess, DEADLINE, Process, Scratch, pyt, pyt_path, shell, terminal::Terminal,
};

/// The path of pyt, by which it calls itself in messages.
fn program() -> String {
    shown(&pyt_path())
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

// ---- programs ------------------------------------------------------------------------------

#[test]
fn a_command_has_its_arguments() {
    pyt([
        "-c",
        "import sys; print(sys.argv, __name__, sys.path[0] == '')",
        "a",
        "-b",
        "--help",
    ])
    .run()
    .succeeded()
    .printed("['-c', 'a', '-b', '--help'] __main__ True\n");
    pyt(["-Bqc", "  if 1:\n    print('dedented')"])
        .run()
        .succeeded()
        .printed("dedented\n");
}

#[test]
fn arguments_need_not_be_unicode() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let code = "import sys; print(ascii(sys.argv), ascii(sys.orig_argv[-1]))";
    pyt(["-c", code])
        .arg(OsStr::from_bytes(b"a\xff\xe9"))
        .run()
        .succeeded()
        .printed("['-c', 'a\\udcff\\udce9'] 'a\\udcff\\udce9'\n");
}

#[test]
fn a_file_has_its_attributes() {
    let scratch = Scratch::new();
    let code = "import sys\nprint(__name__, __file__, sys.argv, sys.path[0], __loader__.path)\n";
    let path = scratch.write("sub/script.py", code);
    let sub = scratch.at("sub");
    let expected = format!("__main__ {path} ['sub/script.py', '-x'] {sub} {path}\n");
    pyt(["sub/script.py", "-x"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed(&expected);
    pyt(["run", "sub/script.py", "-x"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed(&expected);
}

/// A folder with modules that are named as some of the library, and a program that imports them.
fn with_own_modules() -> Scratch {
    let scratch = Scratch::new();
    for name in ["queue", "random", "colorsys", "time", "os", "math"] {
        scratch.write(&format!("own/{name}.py"), format!("mine = {name:?}\n"));
    }
    // A package, and a folder that is none.
    scratch.write("own/json/__init__.py", "mine = 'json'\n");
    scratch.write("own/string/notes.txt", "");
    scratch.write("own/program.py", OWN_MODULES);
    scratch
}

const OWN_MODULES: &str = "\
import importlib, sys
names = ['queue', 'random', 'colorsys', 'json', 'time', 'os', 'string']
print([name for name in names if hasattr(importlib.import_module(name), 'mine')])
";

const REPLACED: &str = "['queue', 'random', 'colorsys', 'json']\n";

#[test]
fn the_programs_folder_comes_before_the_library() {
    let scratch = with_own_modules();
    let (own, script) = (scratch.at("own"), scratch.at("own/program.py"));
    let own = own.as_str();
    let prints = |process: Process, expected: &str| {
        process.run().succeeded().printed(expected);
    };
    prints(pyt([&script]), REPLACED);
    prints(pyt(["run", "--seed=1", &script]), REPLACED);
    prints(pyt(["-m", "program"]).dir(own), REPLACED);
    prints(pyt(["-c", OWN_MODULES]).dir(own), REPLACED);
    prints(pyt(["-c", OWN_MODULES]).env("PYTHONPATH", own), REPLACED);
    prints(pyt(["-"]).dir(own).stdin(OWN_MODULES), REPLACED);
    // Without the folder.
    prints(pyt(["-P", &script]), "[]\n");
    prints(pyt(["-I", &script]), "[]\n");
    prints(pyt([&script]).env("PYTHONSAFEPATH", "1"), "[]\n");
    prints(pyt(["-P", &script]).env("PYTHONPATH", own), REPLACED);
    prints(pyt(["-E", "-P", &script]).env("PYTHONPATH", own), "[]\n");
    prints(pyt(["-c", OWN_MODULES]), "[]\n");
}

#[test]
fn a_folder_comes_before_the_library_if_it_stands_before_it() {
    let scratch = with_own_modules();
    let own = scratch.at("own");
    let program = |change: &str| format!("import sys\nown = {own:?}\n{change}\n{OWN_MODULES}");
    let ran = |change: &str| {
        pyt(["-c", &program(change)])
            .run()
            .succeeded()
            .stdout
            .clone()
    };
    assert_eq!(ran("sys.path.insert(0, own)"), REPLACED);
    assert_eq!(ran("sys.path.insert(1, own)"), REPLACED);
    assert_eq!(ran("sys.path.append(own)"), "[]\n");
    assert_eq!(ran("sys.path[0] = own"), REPLACED);
    // What is imported already stays.
    assert_eq!(
        ran("import queue; sys.path.insert(0, own)"),
        "['random', 'colorsys', 'json']\n"
    );
    // A module that comes to be while the program runs.
    let later = "import os, json; name = os.path.join(own, 'heapq.py'); sys.path.insert(0, own)
import random
open(name, 'w').write('mine = 1')
st = os.stat(own); os.utime(own, (st.st_atime + 9, st.st_mtime + 9))
import heapq; print(heapq.mine)";
    assert_eq!(ran(later), format!("1\n['queue', 'random', 'colorsys']\n"));
}

#[test]
fn a_module_of_the_programs_named_as_the_librarys_is_explored() {
    let scratch = with_own_modules();
    for name in ["selectors", "signal", "warnings", "threading"] {
        scratch.write(&format!("own/{name}.py"), "mine = 1\n");
    }
    let script = scratch.at("own/program.py");
    let output = format!("--output={}", scratch.at("found"));
    let done = pyt(["explore", "--schedules=3", &output, &script]).run();
    let done = done.succeeded();
    assert!(done.stdout.contains(REPLACED.trim_end()), "{done}");
}

#[test]
fn a_module_runs_as_main() {
    let scratch = Scratch::new();
    scratch.write("package/__init__.py", "");
    let module = scratch.write("package/tool.py", "import sys; print(sys.argv, __name__)");
    let expected = format!("['{module}', 'x'] __main__\n");
    pyt(["-m", "package.tool", "x"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed(&expected);
    pyt(["run", "-m", "package.tool", "x"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed(&expected);
}

#[test]
fn folders_and_zip_files_run_their_main() {
    let scratch = Scratch::new();
    scratch.write("app/__main__.py", "print('main', __name__)");
    pyt(["app"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed("main __main__\n");
    pyt(["-m", "zipfile", "-c", "../app.zip", "__main__.py"])
        .dir(scratch.at("app"))
        .run()
        .succeeded()
        .printed("");
    pyt(["app.zip"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed("main __main__\n");
}

#[test]
fn compiled_files_run() {
    let scratch = Scratch::new();
    scratch.write("x.py", "print('compiled')");
    pyt([
        "-c",
        "import py_compile; py_compile.compile('x.py', 'x.pyc')",
    ])
    .dir(scratch.path())
    .run()
    .succeeded()
    .printed("");
    pyt(["x.pyc"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed("compiled\n");
}

#[test]
fn standard_input_is_a_program() {
    let program = "import sys\nprint(sys.argv, __file__)\n";
    pyt([""; 0])
        .stdin(program)
        .run()
        .succeeded()
        .printed("[''] <stdin>\n");
    pyt(["-", "a"])
        .stdin(program)
        .run()
        .succeeded()
        .printed("['-', 'a'] <stdin>\n");
    pyt(["run", "-", "a"])
        .stdin(program)
        .run()
        .succeeded()
        .printed("['-', 'a'] <stdin>\n");
}

#[test]
fn first_lines_are_skipped_but_counted() {
    let scratch = Scratch::new();
    let path = scratch.write(
        "x.py",
        "#!junk (\nimport sys\nprint(sys._getframe().f_lineno)\n",
    );
    pyt(["-x", &path]).run().succeeded().printed("3\n");
}

#[test]
fn a_file_named_like_a_subcommand_is_a_script() {
    let scratch = Scratch::new();
    scratch.write("run", "import sys; print(sys.argv)");
    pyt(["run", "a"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed("['run', 'a']\n");
    pyt(["./run", "a"])
        .dir(scratch.path())
        .run()
        .succeeded()
        .printed("['./run', 'a']\n");
}

#[test]
fn the_executable_starts_another_interpreter() {
    let code = "import subprocess, sys, os\n\
        assert os.path.isabs(sys.executable), sys.executable\n\
        print(subprocess.check_output([sys.executable, '-c', 'print(6*7)']))\n";
    pyt(["-c", code]).run().succeeded().printed("b'42\\n'\n");
}

// ---- exit statuses -------------------------------------------------------------------------

#[test]
fn exit_statuses_are_cpythons() {
    let status = |code: &str| pyt(["-c", code]).run();
    status("import sys; sys.exit(3)").gave(3, "", "");
    status("import sys; sys.exit()").gave(0, "", "");
    status("import sys; sys.exit(-1)").gave(255, "", "");
    status("import sys; sys.exit(2**40 + 7)").gave(7, "", "");
    status("import sys; sys.exit(2**80)").gave(255, "", "");
    status("raise SystemExit('boo')").gave(1, "", "boo\n");
    status("raise SystemExit([1])").gave(1, "", "[1]\n");
    status("import os; os._exit(9)").gave(9, "", "");
}

#[test]
fn an_uncaught_exception_shows_its_lines() {
    let scratch = Scratch::new();
    let path = scratch.write("x.py", "def f():\n    1/0\nf()\n");
    let expected = format!(
        "Traceback (most recent call last):\n  File \"{path}\", line 3, in <module>\n    f()\n    \
         ~^^\n  File \"{path}\", line 2, in f\n    1/0\n    ~^~\nZeroDivisionError: division by zero\n"
    );
    pyt([&path]).run().gave(1, "", &expected);
    pyt(["-c", "1/0"]).run().gave(
        1,
        "",
        "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n    1/0\n    \
         ~^~\nZeroDivisionError: division by zero\n",
    );
}

#[test]
fn threads_and_exit_functions_end_before_the_process() {
    let code = "import atexit, threading, time\n\
        atexit.register(print, 'exit')\n\
        threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()\n\
        raise SystemExit(4)\n";
    pyt(["-c", code]).run().gave(4, "thread\nexit\n", "");
}

#[test]
fn an_exit_in_a_thread_ends_that_thread_alone() {
    let code = "import sys, threading\n\
        t = threading.Thread(target=sys.exit, args=(4,)); t.start(); t.join(); print('on')\n";
    pyt(["-c", code]).run().succeeded().printed("on\n");
}

#[test]
fn an_exception_in_a_thread_is_shown_and_forgotten() {
    let code = "import threading\n\
        t = threading.Thread(target=lambda: 1/0); t.start(); t.join(); print('on')\n";
    let run = pyt(["-c", code]).run();
    assert_eq!(
        (run.status.code(), run.stdout.as_str()),
        (Some(0), "on\n"),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .starts_with("Exception in thread Thread-1 (<lambda>):\n"),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .ends_with("ZeroDivisionError: division by zero\n"),
        "{run:#?}"
    );
}

// ---- bad input -----------------------------------------------------------------------------

#[test]
fn a_missing_file_is_named() {
    let scratch = Scratch::new();
    let path = scratch.at("none.py");
    let program = program();
    let expected =
        format!("{program}: can't open file '{path}': [Errno 2] No such file or directory\n");
    pyt(["none.py"])
        .dir(scratch.path())
        .run()
        .gave(2, "", &expected);
}

#[test]
fn a_folder_without_main_cannot_run() {
    let scratch = Scratch::new();
    let path = shown(scratch.path());
    let program = program();
    let expected = format!("{program}: can't find '__main__' module in '{path}'\n");
    pyt([&path]).run().gave(1, "", &expected);
}

#[test]
fn a_missing_module_is_named() {
    let program = program();
    let expected = format!("{program}: No module named nowhere\n");
    pyt(["-m", "nowhere"]).run().gave(1, "", &expected);
}

#[test]
fn a_file_that_is_not_utf_8_is_a_syntax_error() {
    let scratch = Scratch::new();
    let path = scratch.write("x.py", b"# \xe9\nprint(1)\n");
    let run = pyt([&path]).run();
    assert_eq!(
        (run.status.code(), run.stdout.as_str()),
        (Some(1), ""),
        "{run:#?}"
    );
    let expected =
        format!("SyntaxError: Non-UTF-8 code starting with '\\xe9' in file {path} on line 1");
    assert!(run.stderr.contains(&expected), "{run:#?}");
    let path = scratch.write("y.py", b"# coding: latin-1\nprint(ascii('\xe9'))\n");
    pyt([&path]).run().succeeded().printed("'\\xe9'\n");
}

#[test]
fn a_null_byte_is_a_syntax_error() {
    let scratch = Scratch::new();
    let path = scratch.write("x.py", b"x = 1\n\0");
    let expected = format!(
        "  File \"{path}\", line 2\n    \nSyntaxError: source code cannot contain null bytes\n"
    );
    pyt([&path]).run().gave(1, "", &expected);
}

#[test]
fn a_syntax_error_points_at_its_place() {
    let scratch = Scratch::new();
    let path = scratch.write("x.py", "x = 1\nx = = 2\n");
    let expected =
        format!("  File \"{path}\", line 2\n    x = = 2\n        ^\nSyntaxError: invalid syntax\n");
    pyt([&path]).run().gave(1, "", &expected);
}

#[test]
fn unknown_options_and_missing_values_show_the_usage() {
    let program = program();
    for (args, message) in [
        (&["-Z"][..], "Unknown option: -Z"),
        (&["--foo"], "Unknown option: --foo"),
        (&["-Bc"], "Argument expected for the -c option"),
        (&["-X"], "Argument expected for the -X option"),
    ] {
        let expected = format!(
            "{message}\nusage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n\
             Try `pyt -h' for more information.\n"
        );
        pyt(args).run().gave(2, "", &expected);
    }
    let run = pyt(["run", "--foo"]).run();
    assert_eq!(run.status.code(), Some(2), "{run:#?}");
    assert!(
        run.stderr
            .starts_with("Unknown option: --foo\nusage: pyt run "),
        "{run:#?}"
    );
}

#[test]
fn misspelt_commands_and_options_are_answered_with_what_is_like_them() {
    for (args, said) in [
        (&["rnu", "x.py"][..], "pyt: did you mean `pyt run`?"),
        (&["exlpore", "x.py"], "pyt: did you mean `pyt explore`?"),
        (
            &["run", "--seeed", "1", "x.py"],
            "Unknown option: --seeed (similar: --seed)",
        ),
        (
            &["--virtual-time", "x.py"],
            "Unknown option: --virtual-time (it is one of `pyt run`)",
        ),
    ] {
        let run = pyt(args).run();
        assert_eq!(run.status.code(), Some(2), "{run:#?}");
        assert!(run.stderr.lines().any(|line| line == said), "{run:#?}");
    }
}

#[test]
fn fatal_settings_are_refused_in_cpythons_words() {
    let gil = "Fatal Python error: config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"\n\
               Python runtime state: preinitialized\n\n";
    let seed = "Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an \
                integer in range [0; 4294967295]\nPython runtime state: preinitialized\n\n";
    pyt(["-X", "gil=2", "-c", "pass"]).run().gave(1, "", gil);
    pyt(["-c", "pass"])
        .env("PYTHON_GIL", "x")
        .run()
        .gave(1, "", gil);
    pyt(["-c", "pass"])
        .env("PYTHONHASHSEED", "x")
        .run()
        .gave(1, "", seed);
    pyt(["-E", "-c", "pass"])
        .env("PYTHONHASHSEED", "x")
        .run()
        .succeeded()
        .printed("");
    pyt(["-I", "-c", "pass"])
        .env("PYTHON_GIL", "x")
        .run()
        .succeeded()
        .printed("");
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let run = shell("\"$0\" -c 'for i in range(100000): print(i)' | head -n 1").run();
    assert_eq!(run.stdout, "0\n");
    assert!(
        run.stderr
            .contains("BrokenPipeError: [Errno 32] Broken pipe"),
        "{run:#?}"
    );
    assert!(!run.stderr.contains("panicked"), "{run:#?}");
}

#[test]
fn output_that_cannot_be_written_is_status_120() {
    // The pipe is closed long before the few bytes are flushed, at the end.
    let command = "\"$0\" -c 'import time; time.sleep(0.3); print(1)'";
    let run = shell(&format!("({command}; echo $? >&2) | true")).run();
    assert!(run.stderr.ends_with("120\n"), "{run:#?}");
    assert!(run.stderr.contains("Exception ignored"), "{run:#?}");
}

#[test]
fn help_and_version_survive_a_closed_pipe() {
    for args in ["--help", "--help-all", "-VV", "run --help", "doc --help"] {
        let run = shell(&format!("(sleep 0.2; \"$0\" {args}; echo $? >&2) | true")).run();
        assert_eq!(run.stderr, "0\n", "{args}");
    }
}

// ---- Ctrl-C --------------------------------------------------------------------------------

#[track_caller]
fn dies_of_interrupt(code: &str) {
    let scratch = Scratch::new();
    let ready = scratch.at("ready");
    let code = format!(
        "import sys\n{}",
        code.replace("READY", "open(sys.argv[1], 'w').close()")
    );
    let running = pyt(["-c", &code, &ready]).start();
    let start = Instant::now();
    while !Path::new(&ready).exists() && start.elapsed() < DEADLINE {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    running.interrupt();
    let run = running
        .wait(DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"));
    // CPython ends itself by the signal, so that a shell loop around it ends too.
    assert_eq!(run.status.signal(), Some(libc::SIGINT), "{run:#?}");
    assert!(run.stderr.ends_with("KeyboardInterrupt\n"), "{run:#?}");
}

#[test]
fn ctrl_c_ends_a_loop() {
    dies_of_interrupt("READY\nwhile True: pass");
}

#[test]
fn ctrl_c_ends_a_sleep() {
    dies_of_interrupt("import time; READY; time.sleep(1000)");
}

#[test]
fn exit_functions_run_after_ctrl_c() {
    let code = "import atexit, sys, time; atexit.register(print, 'exit', flush=True)\n\
                raise KeyboardInterrupt";
    let run = pyt(["-c", code]).run();
    assert_eq!(run.status.signal(), Some(libc::SIGINT), "{run:#?}");
    assert_eq!(run.stdout, "exit\n", "{run:#?}");
}

// ---- settings ------------------------------------------------------------------------------

/// Half of the work of a start was for these (docs/adr/0021).
#[test]
fn a_start_imports_only_what_is_needed() {
    let code = "import sys, threading, queue; print(sorted(sys.modules.keys() & {'os', '_ast', '_collections_abc', '_weakrefset'}))";
    pyt(["-c", code]).run().succeeded().printed("[]\n");
}

#[test]
fn flags_reach_sys_flags() {
    let code = "import sys; f = sys.flags; print(f.isolated, f.ignore_environment, f.no_user_site, \
                f.safe_path, f.no_site, f.optimize, f.dont_write_bytecode, f.quiet, f.dev_mode)";
    pyt(["-IOOBqS", "-X", "dev", "-c", code])
        .run()
        .succeeded()
        .printed("1 1 1 True 1 2 1 1 True\n");
    pyt(["-c", code])
        .run()
        .succeeded()
        .printed("0 0 0 False 0 0 0 0 False\n");
    pyt(["-O", "-c", "assert 0; print(__debug__)"])
        .run()
        .succeeded()
        .printed("False\n");
}

#[test]
fn the_gil_flag_is_what_was_asked_for() {
    let code = "import sys; print(sys.flags.gil == sys._is_gil_enabled())";
    pyt(["-X", "gil=1", "-c", code])
        .run()
        .succeeded()
        .printed("True\n");
    pyt(["-X", "gil=0", "-c", code])
        .run()
        .succeeded()
        .printed("True\n");
}

#[test]
fn x_options_are_kept() {
    let code = "import sys; print(sys._xoptions)";
    pyt(["-X", "a=1", "-Xb", "-c", code])
        .run()
        .succeeded()
        .printed("{'a': '1', 'b': True}\n");
}

#[test]
fn warning_filters_keep_their_order() {
    let code = "import sys; print(sys.warnoptions)";
    let run = pyt(["-W", "error", "-b", "-c", code])
        .env("PYTHONWARNINGS", "ignore,once")
        .run();
    run.succeeded()
        .printed("['ignore', 'once', 'error', 'default::BytesWarning']\n");
    let run = pyt(["-W", "error", "-c", "import warnings; warnings.warn('x')"]).run();
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(run.stderr.ends_with("UserWarning: x\n"), "{run:#?}");
}

#[test]
fn python_path_comes_before_the_library() {
    let scratch = Scratch::new();
    scratch.write("mine.py", "print('mine')");
    let path = shown(scratch.path());
    pyt(["-c", "import mine"])
        .env("PYTHONPATH", &path)
        .run()
        .succeeded()
        .printed("mine\n");
    let run = pyt(["-E", "-c", "import mine"])
        .env("PYTHONPATH", &path)
        .run();
    assert!(run.stderr.contains("No module named 'mine'"), "{run:#?}");
}

#[test]
fn the_same_seed_gives_the_same_hashes() {
    let hash = || {
        pyt(["-c", "print(hash('pyt'))"])
            .env("PYTHONHASHSEED", "42")
            .run()
            .stdout
    };
    assert_eq!(hash(), hash());
}

#[test]
fn unbuffered_output_is_there_before_an_abrupt_end() {
    let code = "import os; print('there', end=''); os._exit(0)";
    pyt(["-u", "-c", code]).run().succeeded().printed("there");
    pyt(["-c", code])
        .env("PYTHONUNBUFFERED", "1")
        .run()
        .succeeded()
        .printed("there");
    pyt(["-c", code]).run().succeeded().printed("");
}

#[test]
fn versions_and_help() {
    let run = pyt(["-V"]).run();
    assert!(run.stdout.starts_with("Python 3.14"), "{run:#?}");
    assert_eq!(run.stdout, pyt(["--version"]).run().stdout);
    assert!(pyt(["-VV"]).run().stdout.contains("RustPython"));
    for args in [&["--help"][..], &["-h"], &["-?"], &["help"]] {
        let run = pyt(args).run();
        assert_eq!(run.status.code(), Some(0), "{run:#?}");
        assert!(
            run.stdout.starts_with("usage: ") && run.stdout.contains("pyt doc FILE"),
            "{run:#?}"
        );
    }
    for command in ["run", "explore", "replay", "doc", "completions", "help"] {
        let run = pyt([command, "--help"]).run();
        assert_eq!(
            (run.status.code(), run.stderr.as_str()),
            (Some(0), ""),
            "{run:#?}"
        );
        assert!(run.stdout.contains("Examples:"), "{run:#?}");
        assert_eq!(pyt(["help", command]).run().status.code(), Some(0));
    }
}

#[test]
fn pages_of_the_documentation() {
    let run = pyt(["help"]).run();
    for line in ["  cli ", "  packages ", "  exploring "] {
        assert!(run.stdout.contains(line), "{run:#?}");
    }
    let page = pyt(["help", "cli"]).run();
    page.succeeded();
    assert!(
        page.stdout
            .starts_with("The command line\n================\n\n`pyt` takes the place"),
        "{page:#?}"
    );
    // Neither marks of Markdown nor colours, if no terminal is there.
    for mark in ["\n## ", "<!--", "](", "| ---", "\x1b"] {
        assert!(!page.stdout.contains(mark), "{mark:?} in {page:#?}");
    }
    for width in ["40", "100"] {
        let page = pyt(["help", "packages"]).env("COLUMNS", width).run();
        page.succeeded();
        let most = width.parse().expect("a number");
        for line in page.stdout.lines().filter(|line| !line.starts_with("    ")) {
            assert!(line.chars().count() <= most, "{line}");
        }
    }
}

#[test]
fn help_offers_names_that_are_like_one_that_is_unknown() {
    let run = pyt(["help", "pakages"]).run();
    assert_eq!(run.status.code(), Some(2), "{run:#?}");
    assert!(run.stderr.contains("(similar: packages)"), "{run:#?}");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_page_on_a_terminal_is_shown_by_a_pager() {
    // A new terminal has no size.
    let help = |pager: &str| pyt(["help", "cli"]).env("LINES", "24").env("PAGER", pager);
    let (status, screen) = Terminal::start(help("sed 's/^/paged: /'")).wait();
    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(screen.contains("paged: The command line"), "{screen}");
    // `Terminal` sets NO_COLOR.
    assert!(!screen.contains('\x1b'), "{screen}");
    // A pager that is not there, and none.
    for pager in ["no-such-pager", ""] {
        let (status, screen) = Terminal::start(help(pager)).wait();
        assert_eq!(status.code(), Some(0), "{screen}");
        assert!(screen.contains("The command line"), "{screen}");
        assert!(!screen.contains("paged: "), "{screen}");
    }
}

#[test]
fn completions_are_for_bash_zsh_and_fish() {
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(pyt run --gran); COMP_CWORD=2; \
                  _pyt; echo \"${COMPREPLY[@]}\"";
    let run = Process::new("bash").args(["-c", script, &program()]).run();
    run.printed("--granularity\n");
    for shell in ["zsh", "fish"] {
        let run = pyt(["completions", shell]).run();
        assert!(run.stdout.contains("granularity"), "{run:#?}");
    }
    let run = pyt(["completions", "sh"]).run();
    assert_eq!(run.status.code(), Some(2), "{run:#?}");
    assert!(run.stderr.contains("bash, zsh, fish"), "{run:#?}");
}

// ---- the prompt ----------------------------------------------------------------------------

#[test]
fn a_piped_prompt_runs_statement_by_statement() {
    let input =
        "1/0\nfor i in range(2):\n    print(i)\n\nx = (\n1)\nx\n_\nimport sys; sys.exit(4)\n";
    let run = pyt(["-q", "-i"]).stdin(input).run();
    assert_eq!(
        (run.status.code(), run.stdout.as_str()),
        (Some(4), "0\n1\n1\n1\n"),
        "{run:#?}"
    );
    let expected = ">>> Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n    \
                    1/0\n    ~^~\nZeroDivisionError: division by zero\n>>> ... ... >>> ... >>> >>> >>> ";
    assert_eq!(run.stderr, expected);
}

#[test]
fn inspecting_follows_a_program() {
    let run = pyt(["-q", "-i", "-c", "x = 5; import sys; sys.exit(3)"])
        .stdin("x\n")
        .run();
    assert_eq!(
        (run.status.code(), run.stdout.as_str()),
        (Some(0), "5\n"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("SystemExit: 3\n"), "{run:#?}");
}

#[test]
fn prompts_can_be_changed() {
    let run = pyt(["-q", "-i"])
        .stdin("import sys; sys.ps1 = 'now: '\nexit()\n")
        .run();
    run.gave(0, "", ">>> now: ");
}

/// Types `lines` at a prompt on a terminal of its own. Returns what the terminal showed.
fn on_a_terminal(lines: &[&str], history: &str) -> (ExitStatus, String) {
    let mut terminal = Terminal::start(pyt(["-q"]).env("PYTHON_HISTORY", history));
    for line in lines {
        terminal.type_when(|new| new.contains(">>> ") || new.contains("... "), line);
    }
    terminal.wait()
}

#[test]
fn a_terminal_has_a_prompt_with_a_history() {
    let scratch = Scratch::new();
    let history = scratch.at("history");
    let lines = [
        "def f():\r",
        // The line begins with an indentation.
        "return 6 * 7\r",
        "\r",
        "f()\r",
        "junk\x03",
        "1/0\r",
        "\x04",
    ];
    let (status, screen) = on_a_terminal(&lines, &history);
    assert_eq!(status.code(), Some(0), "{screen}");
    for expected in [
        "... ",
        "42\r\n",
        "KeyboardInterrupt\r\n",
        "\"<python-input-2>\", line 1",
    ] {
        assert!(screen.contains(expected), "{expected:?} in {screen}");
    }
    // Two lines up is the function, which comes back whole.
    let lines = ["\x1b[A\x1b[A\x1b[A\r", "f()\r", "exit(5)\r"];
    let (status, screen) = on_a_terminal(&lines, &history);
    assert_eq!(status.code(), Some(5), "{screen}");
    assert!(screen.contains("42\r\n"), "{screen}");
}

#[test]
fn statements_can_be_pasted_at_a_prompt() {
    let scratch = Scratch::new();
    // As a terminal sends what is pasted.
    let pasted = "\x1b[200~def g(n):\n    return n\n\nprint(g(1), 'pasted')\ng(6) * 7\x1b[201~\r";
    let history = scratch.at("history");
    let mut terminal = Terminal::start(pyt(["-q"]).env("PYTHON_HISTORY", &history));
    terminal.type_when(|new| new.contains(">>> "), pasted);
    // Before that, the terminal would show the keys among what is printed.
    terminal.type_when(|new| new.contains("1 pasted\r\n42\r\n"), "exit\r");
    let (status, screen) = terminal.wait();
    assert_eq!(status.code(), Some(0), "{screen}");
    // A name that has a value is that.
    let lines = ["exit = 'mine'\r", "exit\r", "quit\r"];
    let (status, screen) = on_a_terminal(&lines, &history);
    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(screen.matches("'mine'").count() > 1, "{screen}");
}

#[test]
fn blocks_are_indented_at_a_prompt() {
    let scratch = Scratch::new();
    let lines = [
        "for i in range(2):  # a comment\r",
        "if i:\r",
        "print('i is', i)\r",
        "\r",
        "exit\r",
    ];
    let (status, screen) = on_a_terminal(&lines, &scratch.at("history"));
    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(screen.contains("i is 1\r\n"), "{screen}");
}

#[test]
fn imports_are_completed_at_a_prompt() {
    let scratch = Scratch::new();
    for (line, shown) in [
        (
            "import colors\t, tomll\t; print(tomllib.__name__)\r",
            "tomllib\r\n",
        ),
        (
            "from os import getlogi\t; print(getlogin.__name__)\r",
            "getlogin\r\n",
        ),
        (
            "from email.mime import bas\t; print(base.__name__)\r",
            "email.mime.base\r\n",
        ),
        (
            "import email.mim\t; print(email.mime.__name__)\r",
            "email.mime\r\n",
        ),
    ] {
        let (status, screen) = on_a_terminal(&[line, "exit\r"], &scratch.at("history"));
        assert_eq!(status.code(), Some(0), "{screen}");
        assert!(screen.contains(shown), "{screen}");
    }
}

// ---- pyt doc -------------------------------------------------------------------------------

fn document(text: &str, args: &[&str]) -> CompletedProcess {
    let scratch = Scratch::new();
    scratch.write("d.md", text);
    pyt(["doc"].iter().chain(args).chain(&["d.md"]))
        .dir(scratch.path())
        .run()
}

#[test]
fn blocks_share_a_namespace_and_show_their_lines() {
    let text = "# Title\n```python\nx = 1\n```\n\n~~~py\nprint(x)\n~~~\n```sh\nls\n```\n";
    document(text, &[])
        .succeeded()
        .printed("d.md:2: ok\nd.md:6: ok\n    1\n2 of 2 blocks passed\n");
    let run = document(text, &["--isolated"]);
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(
        run.stdout
            .contains("NameError: name 'x' is not defined\n1 of 2 blocks passed, 1 failed\n"),
        "{run:#?}"
    );
}

#[test]
fn a_failing_block_shows_its_place_in_the_document() {
    let text =
        "- list\n  ```python\n  def f():\n      1/0\n  f()\n  ```\n```python\nprint('next')\n```\n";
    document(text, &[]).gave(
        1,
        "d.md:2: failed\n    Traceback (most recent call last):\n      File \"d.md\", line 5, in \
         <module>\n        f()\n        ~^^\n      File \"d.md\", line 4, in f\n        1/0\n        \
         ~^~\n    ZeroDivisionError: division by zero\nd.md:7: ok\n    next\n1 of 2 blocks passed, 1 failed\n",
        "",
    );
}

#[test]
fn sessions_run_without_prompts_and_may_raise_as_shown() {
    let text = "```pycon\n>>> for i in range(2):\n...     print(i)\n...\n0\n1\n>>> 1 + 1\n2\n>>> 1/0\n\
                Traceback (most recent call last):\n  ...\nZeroDivisionError\n>>> 'on'\n```\n";
    let run = document(text, &[]);
    assert_eq!(run.status.code(), Some(0), "{run:#?}");
    assert!(
        run.stdout
            .starts_with("d.md:1: ok\n    0\n    1\n    2\n    Traceback"),
        "{run:#?}"
    );
    assert!(
        run.stdout.ends_with("    'on'\n1 of 1 blocks passed\n"),
        "{run:#?}"
    );
}

#[test]
fn the_threads_of_a_block_are_joined_first() {
    let text = "```python\nimport threading, time\n\
                def work():\n    time.sleep(0.2)\n    print('done')\n\
                threading.Thread(target=work).start()\nprint('started')\n```\n";
    document(text, &["--real-time"])
        .succeeded()
        .printed("d.md:1: ok\n    started\n    done\n1 of 1 blocks passed\n");
}

#[test]
fn long_output_is_cut_with_a_note() {
    let text = "```python\nfor i in range(10): print(i)\n```\n";
    document(text, &["--max-lines", "2"])
        .succeeded()
        .printed("d.md:1: ok\n    0\n    1\n    ... 8 more lines cut\n1 of 1 blocks passed\n");
}

#[test]
fn errors_and_bytes_are_caught_in_order() {
    let text = "```python\nimport sys\nprint(1)\nprint(2, file=sys.stderr)\n\
                sys.stdout.buffer.write(b'3\\n')\nsys.stdout.writelines(['4\\n', '5\\n'])\n```\n";
    document(text, &[])
        .succeeded()
        .printed("d.md:1: ok\n    1\n    2\n    3\n    4\n    5\n1 of 1 blocks passed\n");
}

#[test]
fn an_exit_of_zero_is_no_failure() {
    document("```py\nraise SystemExit\n```\n", &[])
        .succeeded()
        .printed("d.md:1: ok\n1 of 1 blocks passed\n");
    assert_eq!(
        document("```py\nraise SystemExit(1)\n```\n", &[])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn documents_that_cannot_be_read_are_status_2() {
    let scratch = Scratch::new();
    scratch.write("bad.md", b"one\ntwo \xff\n");
    fs::create_dir(scratch.at("sub")).expect("a folder");
    let run = |name: &str| pyt(["doc", name]).dir(scratch.path()).run();
    run("none.md").gave(2, "", "pyt doc: none.md: No such file or directory\n");
    run("bad.md").gave(2, "", "pyt doc: bad.md: line 2 is not UTF-8\n");
    run("sub").gave(2, "", "pyt doc: sub: Is a directory\n");
    assert_eq!(pyt(["doc"]).run().status.code(), Some(2));
    assert_eq!(pyt(["doc", "--unknown", "x"]).run().status.code(), Some(2));
}

#[test]
fn a_document_may_come_from_standard_input() {
    let run = pyt(["doc", "-"]).stdin("```py\nprint(1)").run();
    run.succeeded()
        .printed("-:1: ok\n    1\n    ... the fence is not closed\n1 of 1 blocks passed\n");
}
