//! The switches of the simulated GIL, and that no thread starves, with it and without.
//!
//! How fast threads are is not tested here: `benchmarks/suite/scaling.py` measures it. A test of
//! progress only asks that a thread makes any at all while others spin; it has the whole deadline
//! for it. Expectations were seen on CPython 3.14.10, where it has the feature: the usual build
//! cannot turn the GIL off, so what `gil=0` does there is the documented behaviour of the
//! free-threaded build.

use pyt_test::{Program, skipped_on_other_python};

const SAY: &str = "import sys\nprint(sys._is_gil_enabled())\n";

fn say() -> Program {
    Program::new("say.py", SAY)
}

#[test]
fn gil_is_on_unless_turned_off() {
    say().run().succeeded().printed("True\n");
    say()
        .flag("-X")
        .flag("gil=1")
        .run()
        .succeeded()
        .printed("True\n");
    say()
        .env("PYTHON_GIL", "1")
        .run()
        .succeeded()
        .printed("True\n");
    // An empty variable counts as not set.
    say()
        .env("PYTHON_GIL", "")
        .run()
        .succeeded()
        .printed("True\n");
}

#[test]
fn gil_is_turned_off_by_option_or_variable() {
    if skipped_on_other_python("a GIL that can be turned off") {
        return;
    }
    say()
        .flag("-X")
        .flag("gil=0")
        .run()
        .succeeded()
        .printed("False\n");
    say()
        .env("PYTHON_GIL", "0")
        .run()
        .succeeded()
        .printed("False\n");
}

#[test]
fn gil_option_goes_before_the_variable() {
    if skipped_on_other_python("a GIL that can be turned off") {
        return;
    }
    say()
        .flag("-X")
        .flag("gil=1")
        .env("PYTHON_GIL", "0")
        .run()
        .succeeded()
        .printed("True\n");
    say()
        .flag("-X")
        .flag("gil=0")
        .env("PYTHON_GIL", "1")
        .run()
        .succeeded()
        .printed("False\n");
}

#[test]
fn gil_is_not_affected_by_flags_that_ignore_the_environment() {
    say()
        .flag("-E")
        .env("PYTHON_GIL", "0")
        .run()
        .succeeded()
        .printed("True\n");
    say()
        .flag("-I")
        .env("PYTHON_GIL", "0")
        .run()
        .succeeded()
        .printed("True\n");
}

#[test]
fn gil_takes_no_other_value() {
    let wrong = [
        say().flag("-X").flag("gil=2"),
        say().flag("-X").flag("gil"),
        say().env("PYTHON_GIL", "2"),
        say().env("PYTHON_GIL", "x"),
    ];
    for program in wrong {
        let run = program.run();
        run.exited_with(1).printed("");
        let message =
            "Fatal Python error: config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"";
        assert!(
            run.stderr.starts_with(message),
            "not CPython's message: {run}"
        );
    }
}

#[test]
fn switch_interval_can_be_read_and_set() {
    let source = "import sys\n\
        print(sys.getswitchinterval())\n\
        for seconds in 1e-6, 0.001, 0.0123, 1, 3.5:\n    \
            sys.setswitchinterval(seconds)\n    \
            print(sys.getswitchinterval())\n\
        for wrong in 0, -1, 'x', None:\n    \
            try:\n        sys.setswitchinterval(wrong)\n    \
            except Exception as error:\n        \
                print(type(error).__name__, error, sep=': ')\n\
        print(sys.getswitchinterval())\n";
    Program::new("interval.py", source)
        .run()
        .succeeded()
        .printed(
            "0.005\n1e-06\n0.001\n0.0123\n1.0\n3.5\n\
         ValueError: switch interval must be strictly positive\n\
         ValueError: switch interval must be strictly positive\n\
         TypeError: must be real number, not str\n\
         TypeError: must be real number, not NoneType\n\
         3.5\n",
        );
}

/// Runs with the GIL, and without it where it can be turned off.
fn run_with_and_without_gil(source: &str, expected: &str) {
    let program = Program::new("progress.py", source);
    program.run().succeeded().printed(expected);
    if !skipped_on_other_python("a GIL that can be turned off") {
        program
            .flag("-X")
            .flag("gil=0")
            .run()
            .succeeded()
            .printed(expected);
    }
}

/// A thread that only spins lets another one work with the CPU. Were the spinner not interrupted,
/// the worker would never begin.
#[test]
fn spinning_thread_does_not_keep_another_from_computing() {
    run_with_and_without_gil(
        "import threading\n\
         done = False\n\
         def worker():\n    \
             global done\n    \
             print(sum(range(100_000)))\n    \
             done = True\n\
         threading.Thread(target=worker).start()\n\
         while not done: pass\n\
         print('seen')\n",
        "4999950000\nseen\n",
    );
}

/// Threads that wait again and again make progress beside one that spins: each wake-up needs a
/// turn.
#[test]
fn spinning_thread_does_not_keep_others_from_waking() {
    run_with_and_without_gil(
        "import queue, threading, time\n\
         stop = False\n\
         def spin():\n    \
             while not stop: pass\n\
         spinner = threading.Thread(target=spin)\n\
         spinner.start()\n\
         there, back = queue.Queue(), queue.Queue()\n\
         def echo():\n    \
             while (item := there.get()) is not None: back.put(item)\n\
         partner = threading.Thread(target=echo)\n\
         partner.start()\n\
         got = []\n\
         for item in range(50):\n    \
             there.put(item)\n    \
             got.append(back.get())\n    \
             time.sleep(0.001)\n\
         there.put(None)\n\
         partner.join()\n\
         stop = True\n\
         spinner.join()\n\
         print(got == list(range(50)))\n",
        "True\n",
    );
}

/// Of several threads that spin, each makes progress: the program ends only when each has been seen
/// to move ten times.
#[test]
fn spinning_threads_all_get_on() {
    run_with_and_without_gil(
        "import threading, time\n\
         steps, stop = [0] * 4, False\n\
         def spin(number):\n    \
             while not stop: steps[number] += 1\n\
         threads = [threading.Thread(target=spin, args=(n,)) for n in range(4)]\n\
         for thread in threads: thread.start()\n\
         for _ in range(10):\n    \
             before = list(steps)\n    \
             while any(now == was for now, was in zip(steps, before)): time.sleep(0.01)\n\
         stop = True\n\
         for thread in threads: thread.join()\n\
         print('all moved')\n",
        "all moved\n",
    );
}

/// A loop that runs inside one long instruction-free call cannot be interrupted, but a loop without
/// a body, a comprehension and a chain of calls can.
#[test]
fn every_kind_of_loop_can_be_interrupted() {
    for spin in [
        "while not done: pass",
        "[0 for _ in iter(lambda: done, True)]",
        "all(not done for _ in iter(int, 1))",
        "def again(): return done\n    while not again(): again()",
    ] {
        let source = format!(
            "import threading, time\n\
             done = False\n\
             def spinner():\n    {spin}\n\
             threads = [threading.Thread(target=spinner) for _ in range(2)]\n\
             for thread in threads: thread.start()\n\
             time.sleep(0.05)\n\
             done = True\n\
             for thread in threads: thread.join()\n\
             print('stopped')\n"
        );
        run_with_and_without_gil(&source, "stopped\n");
    }
}

/// A new thread has the whole switch interval before the one that started it goes on, so that short
/// threads run one after the other.
#[test]
fn a_started_thread_has_its_switch_interval() {
    let source = "import sys, threading\n\
        sys.setswitchinterval(5)\n\
        done = []\n\
        def work():\n    \
            for _ in range(100_000):\n        pass\n    \
            done.append(True)\n\
        thread = threading.Thread(target=work)\n\
        thread.start()\n\
        print(done)\n\
        thread.join()\n";
    Program::new("started.py", source)
        .run()
        .succeeded()
        .printed("[True]\n");
}

/// Among many threads that spin, one that starts others and sleeps makes progress: the line of
/// those that were preempted does not keep it out.
#[test]
fn a_crowd_of_spinning_threads_does_not_starve_the_one_that_starts_them() {
    run_with_and_without_gil(
        "import threading, time\n\
         stop = False\n\
         def spin():\n    while not stop: pass\n\
         threads = [threading.Thread(target=spin) for _ in range(16)]\n\
         for thread in threads: thread.start()\n\
         for _ in range(5): time.sleep(0.001)\n\
         stop = True\n\
         for thread in threads: thread.join()\n\
         print('all started')\n",
        "all started\n",
    );
}
