//! Timelines of programs, and pages: what is in the files, what becomes of them when a program ends
//! badly, and what a browser makes of them.

mod browser;
mod endings;
mod perfetto;
mod trace;

use std::{fs, os::unix::process::ExitStatusExt, time::Duration};

use pyt_test::{DEADLINE, Scratch, pyt, shell, skipped_on_other_python, terminal::Terminal};
use trace::{Trace, whole};

/// The path of a program of this folder.
fn program(name: &str) -> String {
    format!("tests/pictures/programs/{name}")
}

/// Records a program that ends well, and reads the file.
fn recorded(flags: &[&str], program: &str) -> Trace {
    let scratch = Scratch::new();
    let file = scratch.at("trace.json");
    let mut words = vec!["run", "--timeline", &file];
    words.extend(flags);
    words.push(program);
    let done = pyt(words).run();
    done.succeeded();
    let trace = Trace::read(&file);
    assert_eq!(trace.about("complete"), "true");
    assert_eq!(trace.about("events lost"), "0");
    trace
}

/// Records a program of one's own.
fn recorded_source(source: &str) -> Trace {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    recorded(&[], &script)
}

#[test]
fn a_timeline_is_whole_in_every_mode() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    for (flags, turn) in [
        (&[][..], "waits for the GIL"),
        (&["-X", "gil=0"], "wakes up"),
        (&["--virtual-time"], "waits for the GIL"),
        (&["--seed", "3"], "waits for its turn"),
        (&["--seed", "7", "-X", "gil=0"], "waits for its turn"),
    ] {
        let trace = recorded(flags, &program("pool.py"));
        whole(&trace);
        let names = trace.threads();
        for name in ["MainThread", "produce", "consume", "ThreadPoolExecutor-0_0"] {
            assert!(
                names.iter().any(|known| known == name),
                "{flags:?}: {names:?}"
            );
        }
        assert_eq!(names[0], "MainThread", "{names:?}");
        assert!(!trace.slices_named(turn).is_empty(), "{flags:?}: no {turn}");
        assert!(!trace.slices_named("sleeps").is_empty(), "{flags:?}");
        // Each thread begins with an arrow from its starter, and ends.
        let marks = |text: &str| {
            trace
                .events("i")
                .filter(|mark| mark["name"] == text)
                .count()
        };
        assert_eq!(marks("begins"), names.len(), "{flags:?}");
        assert!(marks("ends") >= names.len() - 1, "{flags:?}");
        let starts = trace.events("s").filter(|flow| flow["name"] == "starts");
        assert_eq!(starts.count(), names.len() - 1, "{flags:?}");
    }
}

#[test]
fn a_wait_has_its_name_its_place_its_holder_and_who_ended_it() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source(
        "import threading, time\n\
         class Account:\n\
         \x20   def __init__(self): self.lock = threading.Lock()\n\
         account = Account()\n\
         ready = threading.Event()\n\
         def hold():\n\
         \x20   with account.lock:\n\
         \x20       ready.set()\n\
         \x20       time.sleep(0.05)\n\
         def want():\n\
         \x20   ready.wait()\n\
         \x20   with account.lock: pass\n\
         holder = threading.Thread(target=hold, name='holder')\n\
         wanting = threading.Thread(target=want, name='wanting')\n\
         wanting.start(); holder.start(); wanting.join(); holder.join()\n",
    );
    whole(&trace);
    let name = "waits for self.lock of <Account #1>";
    let waits = trace.slices_named(name);
    assert_eq!(waits.len(), 1, "{:?}", trace.slice_names());
    let wait = waits[0];
    assert_eq!(trace.thread_of(wait), "wanting");
    let about = &wait["args"];
    assert_eq!(about["function"], "want");
    let at = about["at"].as_str().unwrap();
    assert!(at.ends_with("script.py:12"), "{at}");
    assert_eq!(about["held by"], "holder");
    assert_eq!(about["woken by"], "holder");
    assert!(wait["dur"].as_f64().unwrap() > 20_000.0, "{wait}");
    let joins = trace.slices_named("waits for the end of wanting");
    assert_eq!(joins.len(), 1, "{:?}", trace.slice_names());
}

#[test]
fn locks_that_follow_one_another_at_one_address_are_different_ones() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source(
        "import threading, time\n\
         def contend():\n\
         \x20   lock = threading.Lock()\n\
         \x20   lock.acquire()\n\
         \x20   def want():\n\
         \x20       with lock: pass\n\
         \x20   thread = threading.Thread(target=want)\n\
         \x20   thread.start()\n\
         \x20   time.sleep(0.02)\n\
         \x20   lock.release()\n\
         \x20   thread.join()\n\
         for _ in range(3): contend()\n",
    );
    let mut waits: Vec<_> = trace
        .events("X")
        .filter(|slice| slice["cat"] == "lock")
        .collect();
    let begin = |slice: &serde_json::Value| slice["ts"].as_f64().unwrap();
    waits.sort_by(|one, other| begin(one).total_cmp(&begin(other)));
    let names: Vec<_> = waits
        .iter()
        .map(|slice| slice["args"]["object"].as_str())
        .collect();
    let lock = "lock of contend()";
    let expected = [lock.to_owned(), format!("{lock} #2"), format!("{lock} #3")];
    assert_eq!(
        names,
        expected
            .iter()
            .map(|name| Some(name.as_str()))
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_program_that_does_nothing_has_a_timeline_of_its_thread() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source("");
    whole(&trace);
    assert_eq!(trace.threads(), ["MainThread"]);
    assert_eq!(trace.slice_names(), ["runs"]);
}

#[test]
fn a_timeout_ends_a_wait_without_an_arrow() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source("import threading\nnever = threading.Event()\nnever.wait(0.03)\n");
    let wait = trace.slices_named("waits for never (event)");
    assert_eq!(wait.len(), 1, "{:?}", trace.slice_names());
    assert_eq!(wait[0]["args"]["ended by"], "its timeout");
    assert!(wait[0]["args"].get("woken by").is_none());
    assert_eq!(trace.events("s").count(), 0);
}

#[test]
fn a_call_into_foreign_code_and_an_exception_that_ends_a_thread_are_shown() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let script = scratch.write(
        "script.py",
        "import os, threading, time\n\
         read, write = os.pipe()\n\
         def reads(): os.read(read, 1)\n\
         def fails(): raise KeyError('<gone>')\n\
         threads = [threading.Thread(target=target) for target in (reads, fails)]\n\
         for thread in threads: thread.start()\n\
         time.sleep(0.1)\n\
         os.write(write, b'x')\n\
         for thread in threads: thread.join()\n",
    );
    let file = scratch.at("trace.json");
    let done = pyt(["run", "--timeline", &file, &script]).run();
    done.exited_with(0);
    let trace = Trace::read(&file);
    whole(&trace);
    let foreign = trace.slices_named("is in foreign code");
    let long = foreign
        .iter()
        .find(|slice| slice["dur"].as_f64() > Some(50_000.0));
    let long = long.unwrap_or_else(|| panic!("{foreign:?}"));
    assert_eq!(long["args"]["function"], "reads");
    assert!(
        trace
            .events("i")
            .any(|mark| mark["name"] == "KeyError: '<gone>'"),
        "no mark of the exception"
    );
}

#[test]
fn a_handler_of_a_signal_is_shown_and_is_the_programs_own() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source(
        "import os, signal\n\
         seen = []\n\
         def first(number, frame): seen.append(number)\n\
         def second(number, frame): seen.append('second')\n\
         assert signal.signal(signal.SIGUSR1, first) is signal.SIG_DFL\n\
         assert signal.getsignal(signal.SIGUSR1) is first\n\
         os.kill(os.getpid(), signal.SIGUSR1)\n\
         assert seen == [signal.SIGUSR1], seen\n\
         assert signal.signal(signal.SIGUSR1, second) is first\n\
         os.kill(os.getpid(), signal.SIGUSR1)\n\
         assert seen[1:] == ['second']\n\
         assert signal.signal(signal.SIGUSR1, signal.SIG_IGN) is second\n\
         assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN\n\
         assert signal.signal(signal.SIGUSR1, signal.SIG_DFL) is signal.SIG_IGN\n\
         try: signal.signal(signal.SIGKILL, first)\n\
         except OSError: assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL\n\
         else: raise AssertionError\n",
    );
    let marks: Vec<_> = trace.events("i").map(|mark| &mark["name"]).collect();
    let handled = marks.iter().filter(|name| **name == "handles SIGUSR1");
    assert_eq!(handled.count(), 2, "{marks:?}");
}

#[test]
fn each_task_of_an_event_loop_has_a_lane_beneath_its_thread() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let trace = recorded_source(
        "import asyncio\n\
         async def work(number):\n\
         \x20   for _ in range(3):\n\
         \x20       await asyncio.sleep(0.005 * number)\n\
         \x20   return number\n\
         async def main():\n\
         \x20   async with asyncio.TaskGroup() as group:\n\
         \x20       for number in 1, 2:\n\
         \x20           group.create_task(work(number), name=f'work-{number}')\n\
         asyncio.run(main())\n",
    );
    whole(&trace);
    let names = trace.threads();
    for task in [
        "work-1 (MainThread)",
        "work-2 (MainThread)",
        "Task-1 (MainThread)",
    ] {
        assert!(names.iter().any(|name| name == task), "{names:?}");
    }
    let of_task = |slice: &&serde_json::Value| trace.thread_of(slice) == "work-2 (MainThread)";
    let runs = trace
        .slices_named("runs")
        .into_iter()
        .filter(of_task)
        .count();
    assert_eq!(runs, 4, "one more than it awaits");
    let awaits = trace
        .slices_named("awaits a future")
        .into_iter()
        .filter(of_task);
    assert_eq!(awaits.count(), 3, "{:?}", trace.slice_names());
}

#[test]
fn a_program_that_is_killed_leaves_files_that_open() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    for ending in ["json", "html"] {
        let scratch = Scratch::new();
        let file = scratch.at(&format!("trace.{ending}"));
        let running = pyt([
            "run",
            "--deadlock=ignore",
            "--timeline",
            &file,
            &program("deadlock.py"),
        ])
        .start();
        running.wait_for_output(DEADLINE, |text| text.contains("waiting"));
        // The file is written a few times a second.
        let has_waits = |path: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.matches("self.lock of").count() >= 2
        };
        let began = std::time::Instant::now();
        while !has_waits(&file) {
            assert!(began.elapsed() < DEADLINE, "the waits are never written");
            std::thread::sleep(Duration::from_millis(20));
        }
        let killed = running.kill();
        assert_eq!(killed.signal(), Some(9));
        if ending == "json" {
            let trace = Trace::read(&file);
            whole(&trace);
            assert_eq!(trace.about("complete"), "false");
            for number in 1..=2 {
                let name = format!("waits for self.lock of <Account #{number}>");
                let waits = trace.slices_named(&name);
                assert_eq!(waits.len(), 1, "{:?}", trace.slice_names());
            }
        } else {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.ends_with("</html>\n"), "{}", &text[text.len() - 100..]);
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_program_begins() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    for (file, complaint) in [
        (
            "trace.txt",
            "pyt: timeline trace.txt: the name must end with .html (a page) or .json (for ui.perfetto.dev)\n",
        ),
        (
            "trace.pftrace",
            "pyt: timeline trace.pftrace: Perfetto's binary format is not written; ui.perfetto.dev and \
             trace_processor open JSON, too: trace.json\n",
        ),
        (
            "no/such/folder/trace.json",
            "pyt: timeline no/such/folder/trace.json: No such file or directory\n",
        ),
    ] {
        let code = ["-c", "print('runs')"];
        let done = pyt(["run", "--timeline", file]).args(code).run();
        done.gave(2, "", complaint);
        let x = format!("-Xtimeline={file}");
        pyt([x.as_str()]).args(code).run().gave(2, "", complaint);
        let done = pyt(code).env("PYT_TIMELINE", file).run();
        done.gave(2, "", complaint);
    }
    let done = pyt(["-X", "timeline", "-c", "print('runs')"]).run();
    done.exited_with(1);
    assert!(
        done.stderr.contains("-X timeline must name a file"),
        "{done}"
    );
}

#[test]
fn a_program_goes_on_when_the_disk_is_full() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.at("trace.json");
    // A file may have 16 KiB: the head fits.
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; exec \"$0\" run --timeline '{file}' {}",
        program("pool.py")
    );
    let done = shell(&script).dir(pyt_test::workspace()).run();
    assert_eq!(done.stdout, "66\n");
    done.exited_with(0);
    let complaint = format!(
        "pyt: timeline {file}: File too large: nothing more is recorded, and the program goes on\n"
    );
    assert_eq!(done.stderr, complaint);
}

#[test]
fn a_fork_leaves_the_file_to_the_parent() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.at("trace.json");
    // Without a thread of the program's, a fork is not warned of, since the recording's is gone.
    let alone = "import os\nif os.fork() == 0: os._exit(0)\nos.wait()";
    let done = pyt(["run", "--timeline", &file, "-c", alone]).run();
    done.succeeded();
    let trace = recorded_source(
        "import os, threading, time, warnings\n\
         warnings.simplefilter('ignore')\n\
         def before(): time.sleep(0.01)\n\
         def after(): time.sleep(0.01)\n\
         thread = threading.Thread(target=before, name='before'); thread.start(); thread.join()\n\
         child = os.fork()\n\
         if child == 0:\n\
         \x20   thread = threading.Thread(target=after, name='in the child')\n\
         \x20   thread.start(); thread.join()\n\
         \x20   os._exit(0)\n\
         assert os.waitpid(child, 0)[1] == 0\n\
         thread = threading.Thread(target=after, name='after'); thread.start(); thread.join()\n",
    );
    whole(&trace);
    let names = trace.threads();
    assert_eq!(names, ["MainThread", "before", "after"]);
}

#[test]
fn the_file_is_complete_after_os_exit() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    for end in ["os._exit(5)", "os._exit(status=5)", "sys.exit(5)"] {
        let scratch = Scratch::new();
        let file = scratch.at("trace.json");
        let source = format!(
            "import os, sys, threading, time\n\
             thread = threading.Thread(target=time.sleep, args=(0.01,), name='sleeper')\n\
             thread.start(); thread.join()\n{end}\n"
        );
        let script = scratch.write("script.py", source);
        let done = pyt(["run", "--timeline", &file, &script]).run();
        done.gave(5, "", "");
        let trace = Trace::read(&file);
        whole(&trace);
        assert_eq!(trace.about("complete"), "true", "{end}");
        assert_eq!(trace.threads(), ["MainThread", "sleeper"], "{end}");
    }
}

#[test]
fn a_program_that_the_recorded_one_starts_does_not_write_its_file() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let script = scratch.write(
        "script.py",
        "import subprocess, sys\n\
         if len(sys.argv) == 1:\n\
         \x20   done = subprocess.run([sys.executable, __file__, 'child'], capture_output=True, text=True)\n\
         \x20   print(done.stdout + done.stderr, end='')\n\
         else:\n\
         \x20   print('child')\n",
    );
    let file = scratch.at("trace.json");
    let done = pyt([&script]).env("PYT_TIMELINE", &file).run();
    done.succeeded();
    let complaint = format!(
        "child\npyt: timeline {file}: another process writes it; %p in the name stands for the \
         number of the process. This program is not recorded.\n"
    );
    assert_eq!(done.stdout, complaint);
    assert_eq!(Trace::read(&file).about("complete"), "true");
    let each = scratch.at("each-%p.json");
    let done = pyt([&script]).env("PYT_TIMELINE", &each).run();
    done.succeeded().printed("child\n");
    let files = fs::read_dir(scratch.path()).unwrap().flatten();
    let files: Vec<_> = files
        .filter(|file| file.file_name().to_string_lossy().starts_with("each-"))
        .collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(
            Trace::read(&file.path().to_string_lossy()).about("complete"),
            "true"
        );
    }
}

#[test]
fn names_and_messages_cannot_leave_their_place_in_a_page() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let script = scratch.write(
        "script.py",
        "import threading\n\
         thread = threading.Thread(target=print, name='</script><script>alert(1)</script>')\n\
         thread.start(); thread.join()\n",
    );
    let file = scratch.at("trace.html");
    pyt(["run", "--timeline", &file, &script])
        .run()
        .exited_with(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("alert(1)</script>"));
    assert!(text.contains("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>"));
}

/// The pages in a browser: `check.py` clicks, zooms, searches, and compares what it finds.
#[test]
fn a_browser_shows_the_timelines() {
    if skipped_on_other_python("a timeline") || browser::is_missing() {
        return;
    }
    let scratch = Scratch::new();
    let page = |name: &str| {
        let file = scratch.at(&format!("{name}.html"));
        let done = pyt(["run", "--timeline", &file, &program(&format!("{name}.py"))]).run();
        done.succeeded();
        file
    };
    let (pool, crowd) = (page("pool"), page("crowd"));
    browser::check("timeline", &[&pool, &crowd]);
}

/// Explores one of the bugs of `tests/explore` into a page. Returns the page and the schedule.
fn explored(scratch: &Scratch, name: &str, flags: &[&str]) -> (String, String) {
    let page = scratch.at(&format!("{name}.html"));
    let done = pyt(["explore", "--schedules", "400", "--html", &page])
        .args(["--output", &scratch.path().to_string_lossy()])
        .args(flags)
        .arg(format!("tests/explore/bugs/{name}.py"))
        .run();
    done.exited_with(1);
    let replayed = done.stdout.split("pyt replay ").nth(1);
    let schedule = replayed.and_then(|rest| rest.split_whitespace().next());
    (page, schedule.unwrap_or_default().to_owned())
}

#[test]
fn a_browser_walks_through_explorations() {
    if skipped_on_other_python("exploration") || browser::is_missing() {
        return;
    }
    let scratch = Scratch::new();
    let (counter, schedule) = explored(&scratch, "lost_update_global", &[]);
    let (philosophers, _) = explored(&scratch, "dining_philosophers", &[]);
    browser::check("exploration", &[&counter, &philosophers]);
    let page = scratch.at("replay.html");
    let done = pyt(["replay", "--html", &page, &schedule]).run();
    done.exited_with(1);
    // As schedules of before were.
    let text = fs::read_to_string(&schedule).unwrap();
    let (before, _) = text.split_once(",\n  \"cause\"").unwrap();
    fs::write(&schedule, format!("{before}\n}}\n")).unwrap();
    let without = scratch.at("without.html");
    let done = pyt(["replay", "--html", &without, &schedule]).run();
    done.exited_with(1);
    browser::check("replay", &[&page, &without]);
}

/// Ten bugs, each of which the page alone explains: the two steps whose order decides and the
/// switch between them, or the cycle.
#[test]
fn a_page_answers_what_a_student_asks() {
    if skipped_on_other_python("exploration") || browser::is_missing() {
        return;
    }
    let scratch = Scratch::new();
    let pages: Vec<String> = [
        "lost_update_global",
        "lost_update_attribute",
        "lost_update_dict_item",
        "lost_update_closure",
        "check_then_act_dict",
        "lazy_initialisation",
        "use_before_init",
        "stack_pop",
        "dining_philosophers",
        "abba_deadlock",
    ]
    .map(|name| explored(&scratch, name, &["--stop-on-first", "--jobs", "1"]).0)
    .to_vec();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    browser::explain(&pages);
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_the_work() {
    if skipped_on_other_python("exploration") {
        return;
    }
    let script = "tests/explore/bugs/lost_update_global.py";
    let done = pyt(["explore", "--html", "no/such/folder/x.html", script]).run();
    done.gave(
        2,
        "",
        "pyt explore: no/such/folder/x.html: No such file or directory\n",
    );
    let done = pyt(["replay", "--html", "no/such/folder/x.html", "x.schedule"]).run();
    done.gave(
        2,
        "",
        "pyt replay: no/such/folder/x.html: No such file or directory\n",
    );
}

#[test]
fn values_and_sources_cannot_leave_their_place_in_a_page_and_are_bounded() {
    if skipped_on_other_python("exploration") {
        return;
    }
    let scratch = Scratch::new();
    let script = scratch.write(
        "script.py",
        "import threading\n\
         text = '</script><script>alert(1)</script>'\n\
         long = 'x' * 100_000\n\
         def work():\n\
         \x20   global text\n\
         \x20   mine = text + long\n\
         \x20   text = text + '!'\n\
         threads = [threading.Thread(target=work) for _ in range(2)]\n\
         for thread in threads: thread.start()\n\
         for thread in threads: thread.join()\n\
         assert text.endswith('!!'), text\n",
    );
    let page = scratch.at("page.html");
    let done = pyt([
        "explore",
        "--html",
        &page,
        "--output",
        &scratch.path().to_string_lossy(),
    ])
    .arg(&script)
    .run();
    done.exited_with(1);
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("alert(1)"));
    assert!(!text.contains("alert(1)</script>"));
    assert!(!text.contains(&"x".repeat(200)), "a long value is cut off");
}

#[test]
fn a_live_table_shows_what_each_thread_does() {
    if skipped_on_other_python("a live table") {
        return;
    }
    let scratch = Scratch::new();
    let stop = scratch.at("stop");
    let source = format!(
        "import os, threading, time\n\
         lock = threading.Lock()\n\
         def hold():\n\
         \x20   with lock:\n\
         \x20       while not os.path.exists('{stop}'): time.sleep(0.5)\n\
         def want():\n\
         \x20   with lock: pass\n\
         def compute():\n\
         \x20   while not os.path.exists('{stop}'): sum(range(100_000))\n\
         threads = [threading.Thread(target=f, name=f.__name__) for f in (hold, want, compute)]\n\
         for thread in threads:\n\
         \x20   thread.start()\n\
         \x20   time.sleep(0.1)\n\
         print('started', flush=True)\n\
         for thread in threads: thread.join()\n"
    );
    let script = scratch.write("script.py", source);
    let running = pyt(["run", "--live", &script]).merge_output().start();
    // The second table has rates; the third says that the second is there whole.
    let tables = |text: &str| text.matches("\nMainThread").count();
    running.wait_for_output(DEADLINE, |text| tables(text) >= 3);
    fs::write(&stop, "").unwrap();
    let done = running.wait(DEADLINE).unwrap();
    done.exited_with(0);
    assert!(done.stdout.contains("started\n"), "{done}");
    let rows = |name: &str| {
        let rows = done.stdout.lines().filter(|line| line.starts_with(name));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let wants = rows("want");
    assert!(
        wants
            .iter()
            .any(|row| row.contains("waits for lock, held by hold")),
        "{done}"
    );
    assert!(wants[0].contains("script.py:7 want"), "{done}");
    assert!(rows("hold")[0].contains("waits for time to pass"), "{done}");
    assert!(
        rows("MainThread")[0].contains("waits for end of a thread: hold"),
        "{done}"
    );
    // The busiest thread comes first.
    let second = done.stdout.split("\nthread ").nth(2).unwrap();
    let first_row = second.lines().nth(1).unwrap();
    assert!(
        first_row.starts_with("compute") && first_row.contains(" %"),
        "{done}"
    );
}

#[test]
fn a_live_table_on_a_terminal_leaves_it_as_it_was() {
    if skipped_on_other_python("a live table") {
        return;
    }
    let code = "import time; print('before'); time.sleep(1); print('after')";
    let live = pyt(["run", "--live", "-c", code]);
    let (status, screen) = Terminal::sized(live, 24, 80).wait();
    assert!(status.success());
    assert!(screen.contains("MainThread"), "{screen:?}");
    let divided = screen
        .find("\u{1b}[13;24r")
        .expect("the upper half is the table's");
    let whole = screen
        .rfind("\u{1b}[r")
        .expect("the whole terminal scrolls again");
    assert!(divided < whole, "{screen:?}");
    assert!(
        screen.contains("before") && screen.contains("after"),
        "{screen:?}"
    );
    assert!(screen.matches("\u{1b}7").count() == screen.matches("\u{1b}8").count());
}

/// No code of pyt's runs at such an end.
#[test]
fn a_live_table_leaves_the_terminal_as_it_was_if_the_program_is_killed() {
    if skipped_on_other_python("a live table") {
        return;
    }
    let endings = [
        "os._exit(7)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.abort()",
        // No child of pyt's is in the program's way.
        "\n\
         try: os.wait()\n\
         except ChildProcessError: os._exit(7)",
    ];
    for ending in endings {
        let code = format!("import os, signal, time\ntime.sleep(1)\n{ending}");
        let live = pyt(["run", "--live", "-c", &code]);
        let (status, screen) = Terminal::sized(live, 24, 80).wait();
        assert!(!status.success(), "{ending}");
        let divided = screen.find("\u{1b}[13;24r");
        let whole = screen.rfind("\u{1b}[r");
        assert!(divided.is_some() && divided < whole, "{ending}: {screen:?}");
        assert_eq!(
            screen.matches("\u{1b}[r").count(),
            1,
            "{ending}: {screen:?}"
        );
    }
}
