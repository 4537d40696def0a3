//! Many runtimes: in a pool, one after the other, all at once, and used from many threads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{Isolation, Limits, Runtime, RuntimePool};
use pyt_test::deadline::{alone, within};

use crate::support::{in_both_modes, runtime};

/// What the process has resident, in KiB.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

#[test]
fn a_pool_gives_clean_runtimes_at_once() {
    in_both_modes(|gil| {
        let pool = RuntimePool::new(2, move || Runtime::builder().gil(gil)).unwrap();
        while pool.ready() < 2 {
            thread::sleep(Duration::from_millis(1));
        }
        let began = Instant::now();
        let one = pool.get().unwrap();
        let took = began.elapsed();
        println!("gil={gil}: checkout in {took:?}");
        assert!(took < Duration::from_millis(50), "{took:?}");
        let two = pool.try_get().unwrap();
        assert!(pool.try_get().is_none());
        assert!(pool.get_timeout(Duration::from_millis(5)).is_none());
        one.exec(
            "import sys, builtins, threading, atexit, time, os\n\
             leftover = 1\n\
             builtins.leftover = 2\n\
             sys.path.append('/leftover'); sys.leftover_hook = None\n\
             sys.modules['leftover'] = sys\n\
             sys.stdout = None\n\
             os.environ['LEFTOVER'] = '1'\n\
             atexit.register(lambda: 1 / 0)\n\
             sys.setrecursionlimit(123)\n\
             threading.Thread(target=time.sleep, args=(1e9,)).start()",
        )
        .unwrap();
        drop(one);
        let again = pool.get().unwrap();
        again
            .exec(
                "import sys, os, threading\n\
                 assert 'leftover' not in globals() and not hasattr(__builtins__, 'leftover')\n\
                 assert '/leftover' not in sys.path and 'leftover' not in sys.modules\n\
                 assert sys.stdout is not None and 'LEFTOVER' not in os.environ\n\
                 assert sys.getrecursionlimit() != 123\n\
                 assert threading.active_count() <= 2, threading.enumerate()",
            )
            .unwrap();
        drop(pool);
        // They go on to be used, and end when they would go back.
        assert_eq!(two.eval::<i32>("6 * 7").unwrap(), 42);
    });
}

#[test]
fn a_runtime_that_had_to_be_forced_is_replaced() {
    in_both_modes(|gil| {
        let pool = RuntimePool::new(1, move || Runtime::builder().gil(gil)).unwrap();
        let runtime = pool.get().unwrap();
        runtime
            .exec(
                "import threading, sys\n\
                 sys.mark = 1\n\
                 inside = threading.Event()\n\
                 def stubborn():\n\
                 \x20 while True:\n\
                 \x20   try:\n\
                 \x20     inside.set()\n\
                 \x20     threading.Event().wait()\n\
                 \x20   except BaseException: pass\n\
                 threading.Thread(target=stubborn).start()\n\
                 inside.wait()",
            )
            .unwrap();
        drop(runtime);
        let fresh = pool.get().unwrap();
        assert!(
            !fresh
                .eval::<bool>("hasattr(__import__('sys'), 'mark')")
                .unwrap()
        );
    });
}

#[test]
fn checkouts_from_many_threads() {
    in_both_modes(|gil| {
        let pool = RuntimePool::new(2, move || Runtime::builder().gil(gil)).unwrap();
        let mut waits: Vec<Duration> = thread::scope(|scope| {
            let users: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..10)
                            .map(|n| {
                                let began = Instant::now();
                                let runtime = pool.get().unwrap();
                                let waited = began.elapsed();
                                runtime
                                    .exec(&format!("assert 'n' not in globals()\nn = {n}"))
                                    .unwrap();
                                waited
                            })
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            users
                .into_iter()
                .flat_map(|user| user.join().unwrap())
                .collect()
        });
        waits.sort();
        println!(
            "gil={gil}: 40 users of 2 runtimes: waited {:?} in the middle",
            waits[20]
        );
    });
}

/// The process's resident memory means something only if nothing else runs in the process.
#[test]
fn memory_is_given_back() {
    alone("pool::runtimes_one_after_the_other_do_not_pile_up");
    alone("pool::what_is_made_for_one_call_goes_with_it");
}

/// `PYT_TEST_RUNTIMES=200` for the full number.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn runtimes_one_after_the_other_do_not_pile_up() {
    within("runtimes come and go", || {
        let how_many = number("PYT_TEST_RUNTIMES", 20);
        let mut before = 0;
        let mut times = Vec::new();
        for number in 0..how_many {
            let began = Instant::now();
            let runtime = runtime(number % 2 == 0);
            times.push(began.elapsed());
            runtime
                .exec(
                    "import threading, dataclasses, enum\n\
                     threading.Thread(target=print, args=('',), kwargs={'end': ''}).start()\n\
                     @dataclasses.dataclass(slots=True)\n\
                     class Slotted:\n\
                     \x20 all: list\n\
                     Slotted(threading._dangling.copy())",
                )
                .unwrap();
            drop(runtime);
            if number == how_many / 4 {
                before = resident();
            }
        }
        times.sort();
        let growth = resident().saturating_sub(before) / (how_many - how_many / 4);
        println!(
            "{how_many} runtimes one after the other: made in {:?} in the middle; {growth} KiB more for each",
            times[times.len() / 2]
        );
        // An eighth of what the classes of `collections.abc` alone take.
        assert!(growth < 128, "{growth} KiB for each runtime");
    });
}

/// `PYT_TEST_ALIVE=50` for the full number.
#[test]
fn runtimes_all_at_once() {
    within("many runtimes are alive at once", || {
        let how_many = number("PYT_TEST_ALIVE", 10);
        let before = resident();
        let all: Vec<_> = (0..how_many)
            .map(|number| runtime(number % 2 == 0))
            .collect();
        let each = resident().saturating_sub(before) / how_many;
        thread::scope(|scope| {
            for (number, runtime) in all.iter().enumerate() {
                scope.spawn(move || {
                    runtime.set("mine", number).unwrap();
                    runtime.exec("assert sum(range(1000)) == 499500").unwrap();
                    assert_eq!(runtime.eval::<usize>("mine").unwrap(), number);
                });
            }
        });
        println!("{how_many} runtimes alive: {each} KiB for each");
        drop(all);
    });
}

/// `PYT_TEST_SECONDS=30` for the full time.
#[test]
fn a_thousand_calls_a_second_from_eight_threads() {
    in_both_modes(|gil| {
        let seconds = number("PYT_TEST_SECONDS", 2);
        let runtime = runtime(gil);
        runtime
            .exec("import threading\nlock = threading.Lock()\ncount = 0\ndef add():\n  global count\n  with lock: count += 1")
            .unwrap();
        let add: pyt_runtime::Value = runtime.eval("add").unwrap();
        let calls_each = seconds * 125;
        let settled = thread::scope(|scope| {
            let began = Instant::now();
            let (runtime, add) = (&runtime, &add);
            for _ in 0..8 {
                scope.spawn(move || {
                    for call in 0..calls_each {
                        let due = Duration::from_millis(call * 8);
                        if let Some(early) = due.checked_sub(began.elapsed()) {
                            thread::sleep(early);
                        }
                        if call % 2 == 0 {
                            add.call::<()>(()).unwrap();
                        } else {
                            runtime.exec("add()").unwrap();
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(seconds * 300));
            resident()
        });
        let growth = resident().saturating_sub(settled);
        let calls = calls_each * 8;
        println!("gil={gil}: {calls} calls in {seconds} s: resident memory grew by {growth} KiB");
        assert_eq!(runtime.eval::<u64>("count").unwrap(), calls);
        assert_eq!(
            runtime.eval::<usize>("threading.active_count()").unwrap(),
            1
        );
        assert!(growth < 64 << 10, "{growth} KiB");
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
#[ignore = "run by the test further above, in a process of its own"]
fn what_is_made_for_one_call_goes_with_it() {
    within("calls that leave nothing behind", || {
        let runtime = runtime(true);
        let limits = Limits::new().recursion(200);
        let round = |how_many: u32| {
            for _ in 0..how_many {
                let ballast = [1_u8; 8192];
                let spawned = runtime.spawn("spawned", move |_| ballast.len()).unwrap();
                assert_eq!(spawned.join().unwrap(), 8192);
                runtime
                    .with_limits(&limits, |py| py.exec("pass"))
                    .unwrap()
                    .unwrap();
            }
        };
        round(500);
        let before = resident();
        round(2000);
        let growth = resident().saturating_sub(before);
        // The ballast of all is 16,000 KiB.
        assert!(growth < 4000, "{growth} KiB");
    });
}

/// Each leaves something that the next user must not find.
const TRACES: &[(&str, &str)] = &[
    (
        "import sys; sys.set_int_max_str_digits(1000)",
        "__import__('sys').get_int_max_str_digits() != 1000",
    ),
    (
        "import codecs; codecs.register_error('mine', lambda error: ('', error.end))",
        "not any(known('mine') for known in [lambda n: __import__('codecs').lookup_error(n)])",
    ),
    (
        "import codecs; codecs.register_error('strict', codecs.ignore_errors)",
        "b'\\xff'.decode('ascii')",
    ),
    (
        "import codecs; codecs.register(lambda name: codecs.lookup('ascii') if name == 'mine' else None)",
        "b'a'.decode('mine')",
    ),
    (
        "import sys; sys.trace = 1",
        "not hasattr(__import__('sys'), 'trace')",
    ),
    ("import math; math.pi = 3", "__import__('math').pi > 3.1"),
    (
        "import math; math.mine = 3",
        "not hasattr(__import__('math'), 'mine')",
    ),
    (
        "import json; json.dumps = len",
        "__import__('json').dumps([]) == '[]'",
    ),
    (
        "import json; json.JSONEncoder.default = len",
        "'default' in vars(__import__('json').JSONEncoder) and __import__('json').JSONEncoder.default is not len",
    ),
    (
        "import os; os.getcwd = lambda: '/'; os.mine = 1",
        "not hasattr(__import__('os'), 'mine') and 'lambda' not in repr(__import__('os').getcwd)",
    ),
    (
        "import builtins; builtins.len = lambda x: 0",
        "len([1]) == 1",
    ),
    (
        "import collections.abc\nclass Mine: pass\ncollections.abc.Sized.register(Mine)\ncollections.abc.Sized.mine = Mine",
        "__import__('collections.abc').abc.Sized is not None and len(__import__('abc')._get_dump(__import__('collections.abc').abc.Sized)[0]) == 0",
    ),
    (
        "import sys; sys.modules = {}",
        "len(__import__('sys').modules) > 5",
    ),
    // Its own table is not the one that is put in its place.
    (
        "import sys; sys.modules['mine'] = sys; sys.modules = dict(sys.modules); sys.modules['too'] = sys",
        "not {'mine', 'too'} & __import__('sys').modules.keys()",
    ),
    (
        "import sys; sys.modules['os'] = sys; sys.modules['abc'] = sys.modules.pop('abc')",
        "__import__('os').__name__ == 'os' and __import__('abc').__name__ == 'abc'",
    ),
    (
        "import os; os.environ['MINE'] = '1'; os.environ['PATH'] = os.environ.pop('PATH', '/')",
        "'MINE' not in __import__('os').environ",
    ),
    (
        "def secret(): return 'of the last user'",
        // The check is source, too.
        "'of the ' + 'last' not in repr(vars(__import__('linecache')).values())",
    ),
    (
        "import threading; threading.settrace(len)",
        "not __import__('threading').gettrace()",
    ),
    (
        "import sys; sys.path[:] = []; sys.path = []",
        "isinstance(__import__('sys').path, list)",
    ),
    (
        "import gc; gc.callbacks.append(print); gc.disable()",
        "__import__('gc').isenabled() and not __import__('gc').callbacks",
    ),
    ("import sys; sys.addaudithook(lambda *a: None)", "True"),
    (
        "class Late:\n  def __del__(self): import builtins; builtins.late = 1\nlate = Late(); late.me = late",
        "not hasattr(__import__('builtins'), 'late')",
    ),
    (
        "import random; random.seed(1)",
        "__import__('random').random() != 0.13436424411240122",
    ),
    (
        "import decimal; decimal.getcontext().prec = 3",
        "__import__('decimal').getcontext().prec == 28",
    ),
    (
        "import csv; csv.register_dialect('mine', delimiter=';'); csv.unregister_dialect('unix')",
        "{'excel', 'excel-tab', 'unix'} == set(__import__('csv').list_dialects())",
    ),
    (
        "import csv; csv.field_size_limit(7)",
        "__import__('csv').field_size_limit() == 131072",
    ),
    // Functions that the reset itself calls.
    (
        "import builtins, sys, gc\n\
         builtins.isinstance = builtins.list = builtins.dict = builtins.len = None\n\
         sys.settrace(lambda *_: None)\n\
         sys.settrace = sys.setprofile = gc.collect = gc.freeze = lambda *_: None",
        "(lambda sys: isinstance([], list) and len(dict()) == 0 and sys.gettrace() is None \
         and sys.settrace.__name__ == 'settrace')(__import__('sys'))",
    ),
    // What is frozen is not seen by the collector.
    (
        "import gc\nclass Frozen: pass\none = Frozen()\none.itself = one\ngc.freeze()",
        "(lambda gc: gc.unfreeze() or not any(type(one).__name__ == 'Frozen' for one in gc.get_objects()))\
         (__import__('gc'))",
    ),
];

#[test]
fn what_a_user_leaves_is_not_there_for_the_next() {
    in_both_modes(|gil| {
        for warm in [
            &[][..],
            &["json", "math", "collections.abc", "random", "decimal"][..],
        ] {
            let modules = warm.iter().copied().filter(|name| *name != "decimal");
            let pool = RuntimePool::warm(1, move || Runtime::builder().gil(gil), modules).unwrap();
            for (code, check) in TRACES {
                if !warm.is_empty() && code.contains("JSONEncoder") {
                    // Classes of modules that stay are not restored, as is said.
                    continue;
                }
                pool.get()
                    .unwrap()
                    .exec(code)
                    .unwrap_or_else(|error| panic!("{code}: {error}"));
                let next = pool.get().unwrap();
                let found = next.eval::<bool>(check);
                let is_right = match check.contains("mine') for") || check.contains(".decode(") {
                    // It must not be known.
                    true => found.is_err(),
                    false => found.as_ref().is_ok_and(|found| *found),
                };
                assert!(is_right, "gil={gil}, {warm:?}: {code}: {found:?}");
                // And the library works.
                next.exec(
                    "import json, collections.abc, threading\nassert json.loads('[1]') == [1]",
                )
                .unwrap_or_else(|error| panic!("after {code}: {}", error.traceback()));
            }
        }
    });
}

/// Other runtimes of a process leave objects that belong to none, which a collection looks at.
#[test]
fn a_reset_does_only_what_is_needed() {
    alone("pool::a_reset_collects_only_if_there_is_something");
    alone("pool::waiting_threads_get_runtimes_and_failures");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn a_reset_collects_only_if_there_is_something() {
    let collections = "__import__('gc').get_stats()[2]['collections']";
    for gil in [true, false] {
        let pool = RuntimePool::warm(1, move || Runtime::builder().gil(gil), ["json"]).unwrap();
        let after = |code: &str| {
            let runtime = pool.get().unwrap();
            let before = runtime.eval::<u64>(collections).unwrap();
            runtime.exec(code).unwrap();
            drop(runtime);
            pool.get().unwrap().eval::<u64>(collections).unwrap() - before
        };
        let plain = "import json\nn = json.dumps([{'a': n} for n in range(9)])\ndef f(): return n";
        // What is made once, by the first that need it.
        after(plain);
        after(plain);
        assert_eq!(after(plain), 0, "gil={gil}");
        let cycle = "class Late:\n  def __del__(self): __import__('sys').late = 1\n\
                     late = Late(); late.itself = late";
        assert!(after(cycle) > 0, "gil={gil}");
        assert!(after("import decimal") > 0, "gil={gil}");
        // What stays for longer is looked at until a reset finds nothing to restore.
        let kept = "import json\njson.encoder.ESCAPE_DCT.setdefault('kept', []).append([])";
        after(kept);
        after(plain);
        assert_eq!(after(plain), 0, "gil={gil}");
    }
}

/// Each runtime that is given back is for one of those that wait, and a failure for one, too.
#[test]
#[ignore = "run by the test further above, in a process of its own"]
fn waiting_threads_get_runtimes_and_failures() {
    within("many wait for one runtime", || {
        let built = Arc::new(AtomicU32::new(0));
        let pool = RuntimePool::new(1, {
            let built = built.clone();
            move || match built.fetch_add(1, Ordering::SeqCst) {
                // The one that replaces the first cannot be built.
                1 => Runtime::builder().isolated(Isolation::new().native_module("no_such_module")),
                _ => Runtime::builder(),
            }
        })
        .unwrap();
        let held = pool.get().unwrap();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let waiting: Vec<_> = (0..40)
                .map(|number| {
                    let pool = &pool;
                    scope.spawn(move || match number % 4 {
                        // These take no failure.
                        0 => match pool.get_timeout(Duration::from_secs(60)) {
                            Some(runtime) => runtime.exec("pass"),
                            None => panic!("no runtime within a minute"),
                        },
                        _ => pool.get().and_then(|runtime| runtime.exec("pass")),
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(100));
            held.exec("import sys; sys.addaudithook(lambda *_: None)")
                .unwrap();
            drop(held);
            waiting.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.is_err()).collect();
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert_eq!(built.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_warm_pool_has_its_modules() {
    within("a warm pool", || {
        let pool = RuntimePool::warm(1, Runtime::builder, ["json", "os.path"]).unwrap();
        for _ in 0..3 {
            let runtime = pool.get().unwrap();
            runtime.exec("import sys\nassert 'json' in sys.modules\nassert 'decimal' not in sys.modules\nimport decimal").unwrap();
        }
        let error = RuntimePool::warm(1, Runtime::builder, ["no_such_module"]).unwrap_err();
        assert_eq!(error.type_name(), "ModuleNotFoundError");
    });
}
