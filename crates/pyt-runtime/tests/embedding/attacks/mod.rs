//! Generated programs attack isolated runtimes: none gets out, ends its process, or outlasts its
//! limit, except for the documented kinds.
//!
//! Each runs in a process of its own, beside a runtime that must not notice: every second one with
//! the GIL, the others without. `PYT_TEST_ATTACKS=300` says how many, `PYT_TEST_ATTACKS_SEED` which
//! ones, `PYT_TEST_ATTACKS_FAMILY` of which family only, `PYT_TEST_ATTACKS_ONLY` the number of the
//! only one that runs, `PYT_TEST_ATTACKS_WALL` how many milliseconds each may run in place of 500,
//! and `PYT_TEST_ATTACKS_KEEP` names a folder for the programs that succeed, or end late.

pub(crate) mod programs;

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use pyt_runtime::{Capture, Isolation, Limits, Runtime};
use pyt_test::Scratch;

use self::programs::{FAMILIES, Numbers, imports, of_family};

const SEED: u64 = 0x14;

/// How many programs run unless a variable says more.
const COUNT: usize = 26;

/// How long each may run.
const WALL: Duration = Duration::from_millis(500);

/// How long after its limit a program may go on: what a machine under load takes to get around to
/// it.
const PATIENCE: Duration = Duration::from_secs(20);

/// From how many milliseconds after its limit on a program is kept, if programs are kept.
const SHOWN_LATENESS: u64 = 1000;

/// How long a process may take, with the start of three interpreters.
const DEADLINE: Duration = Duration::from_secs(60);

/// By how much the process may grow during a program.
const MEMORY: u64 = 600 << 20;

/// How much address space the process has: what a program asks for beyond it is refused.
const ADDRESSES: u64 = 6 << 30;

/// Names the file of the program that this process is to run.
const PROGRAM: &str = "PYT_TEST_ATTACK";

/// Set if that program runs without the GIL.
const FREE: &str = "PYT_TEST_ATTACK_FREE";

/// The status of a process in which a program went on after its limit.
const LATE: i32 = 4;

/// What the programs are not mended for, by a part of their text, and the row of
/// docs/isolation.md that says so.
const DOCUMENTED: &[(&str, &str)] = &[
    ("x = coro(x)", "chains of some ten thousand coroutines"),
    (
        "x = caused(ValueError(), x)",
        "chains of exceptions that are causes of one another",
    ),
    (
        "x = contexts(ValueError(), x)",
        "chains of exceptions that are causes of one another",
    ),
    (
        "range(60000): x = threading.Condition(",
        "chains of objects of other classes",
    ),
    (
        "range(200000): i = itertools.chain(",
        "chains of objects of other classes",
    ),
    (
        "\nmath.perm(N)",
        "factorials and binomials of large integers",
    ),
    (
        "\nmath.factorial(N)",
        "factorials and binomials of large integers",
    ),
    (
        "\nmath.comb(N, ",
        "factorials and binomials of large integers",
    ),
];

/// What a neighbour does before and after: `T` is what the program changes.
const NEIGHBOUR: &str = r"
import re
def shown(t):
    each = []
    for name in sorted(dir(t)):
        try: value = getattr(t, name)
        except Exception as error: value = error
        each.append((name, re.sub('0x[0-9a-f]+|x?[0-9]{9,}', '', repr(value))[:200]))
    return each
def check():
    import ast, io, itertools, operator, threading, types
    assert not None and len([1]) == 1 and repr(slice(1)) == 'slice(None, 1, None)'
    assert next(itertools.count(3)) == 3 and operator.itemgetter(0)([4]) == 4
    assert ast.dump(ast.parse('a')).startswith('Module') and bool(types.SimpleNamespace())
    assert io.BytesIO(b'x').read() == b'x' and repr(None) == 'None' and hash(True) == 1
    with threading.Lock(): pass
    try: open('/etc/passwd')
    except PermissionError: pass
    else: raise AssertionError('it opens files')
    try: raise ValueError('x')
    except ValueError as error: assert str(error) == 'x' and error.__traceback__
check()
";

fn isolated() -> Runtime {
    let sink = Capture::new();
    let builder = Runtime::builder().isolated(Isolation::new());
    let builder = builder.gil(std::env::var_os(FREE).is_none());
    builder.stdout(&sink).stderr(&sink).build().unwrap()
}

/// Runs the program that [`PROGRAM`] names, in a runtime beside others.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn one_program() {
    let Some(path) = std::env::var_os(PROGRAM) else {
        return;
    };
    let code = std::fs::read_to_string(path).unwrap();
    let shared = code.strip_prefix("# shared: ");
    let shared = shared.and_then(|rest| rest.split_once('\n'));
    let neighbour = isolated();
    neighbour.exec(NEIGHBOUR).unwrap();
    if let Some((target, _)) = shared {
        let imports = imports(&format!("{target}."));
        let remember = format!("{imports}T = {target}\nbefore = shown(T)");
        neighbour.exec(&remember).unwrap();
    }
    let runtime = isolated();
    runtime.exec(&imports(&code)).unwrap();
    let wall = std::env::var("PYT_TEST_ATTACKS_WALL").ok();
    let wall = wall.map_or(WALL, |wall| Duration::from_millis(wall.parse().unwrap()));
    let limits = Limits::new().wall(wall).memory(MEMORY);
    let limits = limits.grace(Duration::from_millis(10));
    let began = Instant::now();
    let result = runtime.with_limits(&limits, |py| py.exec(&code));
    let late = began.elapsed().saturating_sub(wall);
    let outcome = match result.and_then(|inner| inner) {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            let text = error.to_string();
            let text = text.replace('\n', " ");
            format!(
                "{:?}: {}",
                error.kind(),
                text.chars().take(150).collect::<String>()
            )
        }
    };
    println!("outcome: {outcome}; {} ms late", late.as_millis());
    // The runtime is usable, unless the program has broken it for itself.
    let _ = runtime.with_limits(&limits, |py| py.exec("1 + 1"));
    let _ = runtime.shutdown(Duration::from_secs(1));
    neighbour.exec("check()").unwrap();
    if shared.is_some() {
        neighbour
            .exec("after = shown(T)\nassert after == before, [each for each in after if each not in before]")
            .unwrap();
    }
    let next = isolated();
    next.exec(NEIGHBOUR).unwrap();
    if late > PATIENCE {
        std::process::exit(LATE);
    }
}

/// Runs a program in a process of its own. Returns what it did, and whether that is wrong.
fn attack(code: &str, is_free: bool, scratch: &Scratch) -> (String, bool) {
    let mark = scratch.path().join("mark");
    let path = scratch.path().join("program.py");
    std::fs::write(&path, code.replace("MARK", &mark.display().to_string())).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "attacks::one_program",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .arg("--test-threads=1")
        .env(PROGRAM, &path)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null());
    if is_free {
        command.env(FREE, "1");
    }
    let Some(output) = output_within(&mut command, DEADLINE, scratch.path()) else {
        return ("goes on".to_owned(), true);
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let outcome = text.lines().find_map(|line| line.split_once("outcome: "));
    let outcome = outcome.map_or("no outcome", |(_, outcome)| outcome);
    if mark.exists() {
        return (format!("GOT OUT: {outcome}"), true);
    }
    if output.status.success() {
        return (outcome.to_owned(), false);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = errors
        .lines()
        .filter(|line| !line.is_empty())
        .take(8)
        .collect();
    let how = match (output.status.signal(), output.status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (_, Some(LATE)) => "late".to_owned(),
        (_, code) => format!("status {code:?}"),
    };
    (format!("{how}: {outcome}: {errors:?}"), true)
}

/// The output of a process, unless it has to be ended.
fn output_within(command: &mut Command, deadline: Duration, folder: &Path) -> Option<Output> {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: only a system call is made.
    unsafe {
        command.pre_exec(|| {
            let limit = libc::rlimit {
                rlim_cur: ADDRESSES,
                rlim_max: ADDRESSES,
            };
            let none = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            libc::setrlimit(libc::RLIMIT_AS, &raw const limit);
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
            Ok(())
        });
    }
    let files = ["stdout", "stderr"].map(|name| folder.join(name));
    let create = |path| std::fs::File::create(path).unwrap();
    command.stdout(create(&files[0])).stderr(create(&files[1]));
    let mut child = command.spawn().unwrap();
    let end = Instant::now() + deadline;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let [stdout, stderr] = files.map(|path| std::fs::read(path).unwrap());
    Some(Output {
        status,
        stdout,
        stderr,
    })
}

fn documented(code: &str) -> Option<&'static str> {
    let known = DOCUMENTED.iter().find(|(part, _)| code.contains(part));
    known.map(|(_, why)| *why)
}

/// So many programs, no two alike, of all families in turn.
fn generated(count: usize, seed: u64, family: Option<usize>) -> Vec<String> {
    let mut numbers = Numbers(seed);
    let mut known = BTreeSet::new();
    let mut programs = Vec::new();
    while programs.len() < count {
        let code = of_family(family.unwrap_or(programs.len() % FAMILIES), &mut numbers);
        if known.insert(code.clone()) {
            programs.push(code);
        }
    }
    programs
}

#[test]
fn generated_programs_stay_inside_and_end() {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let count = number("PYT_TEST_ATTACKS").map_or(COUNT, |count| usize::try_from(count).unwrap());
    let seed = number("PYT_TEST_ATTACKS_SEED").unwrap_or(SEED);
    let family = number("PYT_TEST_ATTACKS_FAMILY").map(|family| usize::try_from(family).unwrap());
    let only = number("PYT_TEST_ATTACKS_ONLY").map(|index| usize::try_from(index).unwrap());
    let keep = std::env::var_os("PYT_TEST_ATTACKS_KEEP");
    let mut wrong = Vec::new();
    let mut outcomes = BTreeMap::<String, usize>::new();
    for (index, code) in generated(count, seed, family).iter().enumerate() {
        if only.is_some_and(|only| only != index) {
            continue;
        }
        let scratch = Scratch::new();
        let (outcome, is_wrong) = attack(code, index % 2 == 1, &scratch);
        println!("{index} {outcome}");
        let late = outcome
            .rsplit_once(" ms late")
            .and_then(|(text, _)| text.rsplit(' ').next()?.parse::<u64>().ok());
        let is_late = late.is_some_and(|late| late > SHOWN_LATENESS);
        let kind = outcome.split(':').next().unwrap_or_default().to_owned();
        *outcomes.entry(kind).or_default() += 1;
        if let Some(folder) = keep.as_ref().filter(|_| is_wrong || is_late) {
            let path = Path::new(folder).join(format!("{seed}-{index}.py"));
            std::fs::write(path, format!("{code}\n# {outcome}\n")).unwrap();
        }
        if !is_wrong {
            continue;
        }
        match documented(code) {
            Some(why) => println!("    documented: {why}"),
            None => wrong.push(format!("{index}: {outcome}\n{code}\n")),
        }
    }
    println!("{outcomes:#?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
