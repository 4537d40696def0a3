//! What a host can do with a sandbox.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use pyt_runtime::{
    Capture, Error, ErrorKind, Function, Input, Isolation, Limit, Limits, ModuleBuilder, Output,
    Runtime,
    sandbox::{Sandbox, SandboxPool, SandboxedRuntime},
};
use pyt_test::deadline::within;
use serde::{Deserialize, Serialize};

use super::{limited, pyt, small, with};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<Item>,
    note: Option<String>,
    total: (f64, char),
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    count: i8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Paid(u32),
    Sent { to: String, at: (u8, u8) },
    Split(i32, i32),
}

fn sandbox() -> SandboxedRuntime {
    with(Runtime::builder(), small())
        .build()
        .expect("a sandbox")
}

#[test]
fn values_cross_as_serde_has_them() {
    within("values", || {
        let sandbox = sandbox();
        sandbox.exec("def same(x): return x").unwrap();
        for state in [
            State::Open,
            State::Paid(7),
            State::Sent {
                to: "Oslo".into(),
                at: (1, 2),
            },
            State::Split(-1, 2),
        ] {
            let order = Order {
                id: u64::MAX,
                items: vec![Item {
                    name: "tea \u{1F375}".into(),
                    count: -3,
                }],
                note: None,
                total: (0.1, 'é'),
                state,
            };
            let same: Order = sandbox.call("same", (&order,)).unwrap();
            assert_eq!(same, order);
        }
        let wide: (i128, u128, i64) = sandbox
            .call("same", ((i128::MIN, u128::MAX, i64::MIN),))
            .unwrap();
        assert_eq!(wide, (i128::MIN, u128::MAX, i64::MIN));
        let map = BTreeMap::from([((1, true), vec![None, Some("x".to_owned())])]);
        let same: BTreeMap<(i32, bool), Vec<Option<String>>> =
            sandbox.call("same", (&map,)).unwrap();
        assert_eq!(same, map);
        // Tuples are tuples and lists lists; bytes are read as numbers, too.
        sandbox.set("pair", (1, [2.5], ())).unwrap();
        let text: String = sandbox.eval("repr(pair)").unwrap();
        assert_eq!(text, "(1, (2.5,), None)");
        sandbox.set("items", vec![1, 2]).unwrap();
        assert_eq!(sandbox.eval::<String>("repr(items)").unwrap(), "[1, 2]");
        assert_eq!(sandbox.eval::<Vec<u8>>("b'\\x00\\xff'").unwrap(), [0, 255]);
        assert!(sandbox.eval::<f64>("float('nan')").unwrap().is_nan());
        assert_eq!(sandbox.eval::<f64>("3").unwrap(), 3.0);
        assert_eq!(sandbox.get::<Vec<i64>>("items").unwrap(), [1, 2]);
        assert_eq!(sandbox.eval::<Vec<u8>>("{3}").unwrap(), [3]);
        let item: Item = sandbox
            .eval("__import__('dataclasses').make_dataclass('Item', ['name', 'count'])('milk', 2)")
            .unwrap();
        assert_eq!((item.name.as_str(), item.count), ("milk", 2));
    });
}

#[test]
fn what_does_not_match_is_an_error_and_the_sandbox_goes_on() {
    within("mismatches", || {
        let sandbox = sandbox();
        for (expression, class) in [
            ("'x'", "TypeError"),
            ("None", "TypeError"),
            ("1000", "ValueError"),
            ("object()", "TypeError"),
            ("2 ** 200", "OverflowError"),
            ("[1]", "TypeError"),
        ] {
            let error = sandbox.eval::<u8>(expression).unwrap_err();
            assert_eq!(error.type_name(), class, "{expression}: {error}");
        }
        let deep = "x = []\nfor _ in range(500): x = [x]";
        sandbox.exec(deep).unwrap();
        let error = sandbox.get::<()>("x").unwrap_err();
        assert_eq!(error.type_name(), "RecursionError");
        let error = sandbox.eval::<(i32, i32)>("(1, 2, 3)").unwrap_err();
        assert_eq!(error.type_name(), "ValueError");
        assert_eq!(
            sandbox.get::<()>("nope").unwrap_err().type_name(),
            "NameError"
        );
        assert_eq!(sandbox.eval::<i32>("6 * 7").unwrap(), 42);
    });
}

#[test]
fn functions_are_called_with_names_positions_and_keywords() {
    within("calls", || {
        let sandbox = sandbox();
        sandbox
            .exec("import math\nclass Shop:\n  @staticmethod\n  def sell(a, b=2, *, c=3): return [a, b, c]")
            .unwrap();
        assert_eq!(sandbox.call::<f64>("math.sqrt", (9,)).unwrap(), 3.0);
        assert_eq!(
            sandbox.call::<Vec<i32>>("Shop.sell", [1]).unwrap(),
            [1, 2, 3]
        );
        let keywords = BTreeMap::from([("c", 5), ("b", 4)]);
        let sold: Vec<i32> = sandbox.call_with("Shop.sell", vec![1], &keywords).unwrap();
        assert_eq!(sold, [1, 4, 5]);
        let error = sandbox.call::<()>("Shop.sell", ()).unwrap_err();
        assert_eq!(error.type_name(), "TypeError");
        let error = sandbox.call::<()>("Shop.buy", ()).unwrap_err();
        assert_eq!(error.type_name(), "AttributeError");
    });
}

#[test]
fn errors_have_what_errors_in_the_process_have() {
    within("errors", || {
        let sandbox = sandbox();
        let code = "def half(n):\n    try:\n        {}['x']\n    except KeyError as e:\n        raise ValueError('no half') from e\nhalf(1)";
        let error = sandbox.exec(code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exception);
        assert_eq!(error.to_string(), "ValueError: no half");
        let last = error.frames().last().unwrap();
        assert_eq!((last.function(), last.line()), ("half", Some(5)));
        assert_eq!(
            last.source_line(),
            Some("raise ValueError('no half') from e")
        );
        assert_eq!(error.cause().unwrap().type_name(), "KeyError");
        assert!(
            error
                .traceback()
                .contains("The above exception was the direct cause")
        );
        let local = Runtime::builder().build().unwrap();
        let expected = local.exec(code).unwrap_err();
        assert_eq!(error.traceback(), expected.traceback());
        local.finish();
        assert_eq!(sandbox.exec("1 +").unwrap_err().kind(), ErrorKind::Syntax);
        let exit = sandbox.exec("raise SystemExit(3)").unwrap_err();
        assert_eq!(exit.kind(), ErrorKind::Exit(3));
        let long = sandbox.exec("raise ValueError('x' * 10 ** 7)").unwrap_err();
        assert!(long.message().len() < 1 << 20);
        let deep = "def f(n):\n  if n: f(n - 1)\n  else: 1 / 0\nf(600)";
        assert!(sandbox.exec(deep).unwrap_err().frames().len() > 100);
    });
}

#[test]
fn host_functions_are_called_back() {
    within("host functions", || {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let sandbox = with(Runtime::builder(), small())
            .function("host.add", |(a, b): (i64, i64)| Ok(a + b))
            .function("host.sum", |all: Vec<f64>| Ok(all.iter().sum::<f64>()))
            .function("host.tick", move |()| {
                Ok(counted.fetch_add(1, Ordering::Relaxed))
            })
            .function("host.deep.refuse", |(why,): (String,)| {
                Err::<(), _>(Error::new("LookupError", why))
            })
            .function("host.break", |()| -> Result<(), Error> {
                panic!("out of order")
            })
            .build()
            .unwrap();
        sandbox.exec("import host, host.deep").unwrap();
        assert_eq!(sandbox.eval::<i64>("host.add(2, 3)").unwrap(), 5);
        assert_eq!(sandbox.eval::<f64>("host.sum(1, 2, 3.5)").unwrap(), 6.5);
        sandbox.exec("for _ in range(100): host.tick()").unwrap();
        let threads = "import threading\nts = [threading.Thread(target=lambda: [host.tick() for _ in range(20)]) for _ in range(5)]\n[t.start() for t in ts]\n[t.join() for t in ts]";
        sandbox.exec(threads).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 200);
        let error = sandbox.exec("host.deep.refuse('not today')").unwrap_err();
        assert_eq!(error.to_string(), "LookupError: not today");
        let caught = "try: host.deep.refuse('x')\nexcept LookupError as e: said = str(e)";
        sandbox.exec(caught).unwrap();
        assert_eq!(sandbox.get::<String>("said").unwrap(), "x");
        let error = sandbox.exec("getattr(host, 'break')()").unwrap_err();
        assert_eq!(error.to_string(), "RuntimeError: out of order");
        let error = sandbox.exec("host.add(1, 'x')").unwrap_err();
        assert_eq!(error.type_name(), "TypeError");
        assert!(error.message().starts_with("host.add()"), "{error}");
        assert!(sandbox.exec("host.add(1, 2, 3)").is_err());
        assert!(sandbox.exec("host.add(object(), 2)").is_err());
        assert_eq!(sandbox.eval::<i64>("host.add(1, 1)").unwrap(), 2);
    });
}

#[test]
fn a_host_function_cannot_call_its_sandbox() {
    within("nested calls", || {
        let slot: Arc<std::sync::OnceLock<Arc<SandboxedRuntime>>> = Arc::default();
        let inner = slot.clone();
        let sandbox = with(Runtime::builder(), small())
            .function("host.again", move |()| {
                inner
                    .get()
                    .map_or(Ok(0), |sandbox| sandbox.eval::<i32>("1"))
            })
            .build()
            .unwrap();
        let sandbox = Arc::new(sandbox);
        slot.set(sandbox.clone()).ok();
        let error = sandbox.exec("import host\nhost.again()").unwrap_err();
        assert_eq!(error.type_name(), "RuntimeError");
        assert!(error.message().contains("same sandbox"), "{error}");
        assert_eq!(sandbox.eval::<i32>("2").unwrap(), 2);
    });
}

#[test]
fn output_and_input_are_the_host_s() {
    within("streams", || {
        let (out, err) = (Capture::new(), Capture::new());
        let sandbox = Runtime::builder()
            .stdout(&out)
            .stderr(&err)
            .stdin(Input::text("one\ntwo\n"))
            .argv(["prog", "x"])
            .env("GREETING", "hi")
            .sandboxed(small())
            .build()
            .unwrap();
        sandbox
            .exec("import sys, os\nprint('a', input())\nprint('b', file=sys.stderr)")
            .unwrap();
        assert_eq!(
            (out.take().as_str(), err.take().as_str()),
            ("a one\n", "b\n")
        );
        sandbox
            .exec("print(sys.argv, dict(os.environ), sys.executable == '')")
            .unwrap();
        assert_eq!(
            out.take(),
            "['prog', 'x'] {'GREETING': 'hi', 'HOME': '/'} True\n"
        );
        let other = Capture::new();
        sandbox.set_output(&other, Output::null());
        sandbox
            .exec("print('c'); print('d', file=sys.stderr)")
            .unwrap();
        assert_eq!((other.take().as_str(), out.take().as_str()), ("c\n", ""));

        let lines: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
        let seen = lines.clone();
        let each = move |line: pyt_runtime::Line<'_>| {
            seen.lock()
                .unwrap()
                .push(format!("{}: {}", line.thread, line.text));
        };
        let sandbox = with(Runtime::builder().stdout(Output::lines(each)), small())
            .build()
            .unwrap();
        sandbox
            .exec("import threading\nprint('x\\ny')\nt = threading.Thread(target=print, args=('z',), name='T')\nt.start(); t.join()")
            .unwrap();
        assert_eq!(
            *lines.lock().unwrap(),
            ["MainThread: x", "MainThread: y", "T: z"]
        );
    });
}

/// Waits in native code, and no signal ends the wait.
const FOR_EVER: &str = "
import ctypes
memory = ctypes.create_string_buffer(128)
mutex = ctypes.c_void_p(ctypes.addressof(memory))
lock = ctypes.CDLL(None).pthread_mutex_lock
lock(mutex)
lock(mutex)
";

#[test]
fn limits_stop_the_program_or_end_the_process() {
    within("limits", || {
        let wall = Duration::from_millis(300);
        let sandbox = limited(wall);
        let patient = Limits::new().wall(wall).grace(Duration::from_secs(60));
        sandbox.set_limits(patient);
        // What the program can be stopped in leaves the sandbox usable.
        let error = sandbox.exec("while True: pass").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
        sandbox.set_limits(Limits::new());
        assert_eq!(sandbox.eval::<i32>("1 + 1").unwrap(), 2);
        // What it cannot be stopped in ends the process. The import is not part of it.
        sandbox.exec("import ctypes").unwrap();
        sandbox.set_limits(Limits::new().wall(wall));
        let error = sandbox.exec(FOR_EVER).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
        assert_eq!(sandbox.exec("pass").unwrap_err().kind(), ErrorKind::Gone);

        let cpu = Duration::from_millis(200);
        let limits = Limits::new().cpu(cpu);
        let sandbox = with(Runtime::builder().limits(limits), small())
            .build()
            .unwrap();
        let error = sandbox
            .exec("import time\ntime.sleep(0.3)\nsum(range(10 ** 12))")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Cpu(cpu)));

        let sandbox = limited(Duration::from_secs(30));
        for code in [
            "b'x' * (200 << 20)",
            "x = []\nwhile True: x.append(bytes(1 << 20))",
        ] {
            let sandbox = with(Runtime::builder(), small().memory(50 << 20))
                .build()
                .unwrap();
            let error = sandbox.exec(code).unwrap_err();
            let is_limit = matches!(error.kind(), ErrorKind::Limit(Limit::Memory(_)));
            assert!(
                is_limit || error.type_name() == "MemoryError",
                "{code}: {error:?}"
            );
        }
        sandbox.set_limits(Limits::new().output(1000).wall(Duration::from_secs(20)));
        let error = sandbox.exec("while True: print('x' * 100)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Output(1000)));
    });
}

#[test]
fn what_the_host_does_not_get_is_not_more_than_the_limit_on_output() {
    within("output", || {
        let out = Capture::new();
        let limits = Limits::new().output(10_000).wall(Duration::from_secs(20));
        let sandbox = Runtime::builder()
            .stdout(&out)
            .limits(limits)
            .sandboxed(small())
            .build()
            .unwrap();
        let error = sandbox.exec("print('x' * 10 ** 7)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Output(10_000)));
        assert!(out.len() <= 10_000, "{}", out.len());
    });
}

#[test]
fn a_call_is_interrupted_stopped_and_killed_from_another_thread() {
    within("interruptions", || {
        let sandbox = sandbox();
        let interrupter = sandbox.interrupter();
        assert!(!interrupter.interrupt());
        let after = |what: fn(&pyt_runtime::sandbox::SandboxInterrupter)| {
            let interrupter = interrupter.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(200));
                what(&interrupter);
            })
        };
        let sleep = "import time\ntime.sleep(1e6)";
        let timer = after(|it| assert!(it.interrupt()));
        assert_eq!(
            sandbox.exec(sleep).unwrap_err().kind(),
            ErrorKind::Interrupted
        );
        timer.join().unwrap();
        let timer = after(|it| assert!(it.interrupt_with("TimeoutError", Some("late"))));
        assert_eq!(
            sandbox.exec(sleep).unwrap_err().to_string(),
            "TimeoutError: late"
        );
        timer.join().unwrap();
        let timer = after(|it| assert!(it.stop(Duration::ZERO)));
        let stubborn = "while True:\n  try:\n    while True: pass\n  except BaseException: pass";
        assert_eq!(
            sandbox.exec(stubborn).unwrap_err().kind(),
            ErrorKind::Stopped
        );
        timer.join().unwrap();
        assert_eq!(sandbox.eval::<i32>("3").unwrap(), 3);
        let timer = after(|it| assert!(it.kill()));
        let error = sandbox
            .exec("print('so far')\nsum(range(10 ** 12))")
            .unwrap_err();
        timer.join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Crashed);
        let crash = error.crash().unwrap();
        assert_eq!((crash.signal(), crash.status()), (Some(9), None));
        assert_eq!(crash.output(), "so far\n");
        assert_eq!(crash.running(), "exec(\"print('so far')\")");
        assert_eq!(sandbox.exec("pass").unwrap_err().kind(), ErrorKind::Gone);
    });
}

#[test]
fn threads_that_are_left_behind_do_not_run_between_calls() {
    within("threads between calls", || {
        let sandbox = sandbox();
        sandbox
            .exec("import threading\nn = 0\ndef count():\n  global n\n  while True: n += 1\nthreading.Thread(target=count, daemon=True).start()")
            .unwrap();
        let time = || {
            let path = format!("/proc/{}/stat", sandbox.process_id());
            let text = std::fs::read_to_string(path).unwrap();
            let fields = text.rsplit_once(") ").unwrap().1.to_owned();
            let fields: Vec<&str> = fields.split(' ').collect();
            fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
        };
        let before = time();
        thread::sleep(Duration::from_millis(500));
        assert!(time() - before <= 2);
        let first: i64 = sandbox.get("n").unwrap();
        sandbox.exec("import time\ntime.sleep(0.2)").unwrap();
        assert!(sandbox.get::<i64>("n").unwrap() > first);
    });
}

#[test]
fn settings_that_are_not_possible_are_told() {
    within("settings", || {
        let refused = |builder: pyt_runtime::sandbox::SandboxBuilder| {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Option, "{error}");
            error.to_string()
        };
        let module = ModuleBuilder::new("m").add_function(Function::new("f", || 1));
        let text = refused(Runtime::builder().module(module).sandboxed(small()));
        assert!(text.contains("SandboxBuilder::function"), "{text}");
        refused(Runtime::builder().sandboxed(small().read("/no/such/folder")));
        refused(Runtime::builder().sandboxed(small().open_files(2)));
        refused(Runtime::builder().sandboxed(small().message_size(2 << 30)));
        refused(Runtime::builder().recursion_limit(3).sandboxed(small()));
        refused(
            Runtime::builder()
                .stdin(Input::reader(std::io::empty()))
                .sandboxed(small()),
        );
        let nameless = Runtime::builder().sandboxed(small());
        refused(nameless.function("add", |()| Ok(())));
        // Programs that are none, or know nothing of sandboxes.
        let error = Runtime::builder().sandboxed(small().program("/no/such/program"));
        assert_eq!(error.build().unwrap_err().type_name(), "RuntimeError");
        let error = Runtime::builder().sandboxed(small().program("/bin/true"));
        assert_eq!(error.build().unwrap_err().kind(), ErrorKind::Crashed);
        let error = Runtime::builder().sandboxed(small()).warm_up("1 / 0");
        assert_eq!(error.build().unwrap_err().type_name(), "ZeroDivisionError");
        let isolated = Runtime::builder().isolated(Isolation::new().native_module("nope"));
        let error = isolated.sandboxed(small()).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
    });
}

#[test]
fn messages_are_bounded_in_both_directions() {
    within("messages", || {
        let sandbox = with(Runtime::builder(), small().message_size(1 << 20))
            .build()
            .unwrap();
        let error = sandbox.set("x", vec![0_u8; 1 << 20]).unwrap_err();
        assert_eq!(error.type_name(), "ValueError");
        let error = sandbox.eval::<Vec<u8>>("bytes(1 << 21)").unwrap_err();
        assert_eq!(error.type_name(), "ValueError");
        sandbox.set("x", "y".repeat(1 << 19)).unwrap();
        assert_eq!(sandbox.eval::<usize>("len(x)").unwrap(), 1 << 19);
    });
}

#[test]
fn isolation_within_a_sandbox_is_a_second_wall() {
    within("both", || {
        let builder = Runtime::builder().isolated(Isolation::new());
        let sandbox = with(builder, small()).build().unwrap();
        assert_eq!(
            sandbox.exec("import ctypes").unwrap_err().type_name(),
            "ModuleNotFoundError"
        );
        let error = sandbox.exec("open('/etc/passwd')").unwrap_err();
        assert_eq!(error.type_name(), "PermissionError");
    });
}

#[test]
fn a_pool_s_sandboxes_are_new_and_warm() {
    within("pool", || {
        let builder = with(Runtime::builder(), small()).warm_up("import json");
        let pool = SandboxPool::new(2, builder).unwrap();
        let mut seen = Vec::new();
        for _ in 0..5 {
            let sandbox = pool.get().unwrap();
            assert!(sandbox.exec("leftover").is_err());
            sandbox.exec("import sys, builtins\nassert 'json' in sys.modules\nleftover = 1\nbuiltins.leftover = 2").unwrap();
            seen.push(sandbox.process_id());
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 5);
        let sandbox = pool.get_timeout(Duration::from_secs(60)).unwrap();
        drop(pool);
        assert_eq!(sandbox.eval::<i32>("1").unwrap(), 1);
        let broken = with(Runtime::builder(), small()).warm_up("raise ValueError('no')");
        assert_eq!(
            SandboxPool::new(1, broken).unwrap_err().type_name(),
            "ValueError"
        );
    });
}

#[test]
fn the_binary_pyt_is_a_program_for_sandboxes() {
    within("pyt", || {
        let Some(program) = pyt() else {
            eprintln!("the binary pyt has not been built");
            return;
        };
        let sandbox = with(Runtime::builder(), small().program(program))
            .build()
            .unwrap();
        assert_eq!(sandbox.eval::<Vec<i32>>("sorted([2, 1])").unwrap(), [1, 2]);
        let error = sandbox.exec("b'x' * (400 << 20)").unwrap_err();
        let is_limit = matches!(error.kind(), ErrorKind::Limit(Limit::Memory(_)));
        assert!(is_limit || error.type_name() == "MemoryError", "{error:?}");
    });
}

#[test]
fn what_the_kernel_lacks_is_told() {
    within("protections", || {
        let missing = Sandbox::missing();
        let sandbox = with(Runtime::builder(), Sandbox::best_effort())
            .build()
            .unwrap();
        assert_eq!(sandbox.missing(), missing);
        let required = with(Runtime::builder(), Sandbox::require()).build();
        assert!(required.is_ok() || required.unwrap_err().kind() == ErrorKind::Unprotected);
    });
}
