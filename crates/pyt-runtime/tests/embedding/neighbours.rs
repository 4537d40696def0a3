//! Runtimes that begin, collect and end beside one another, on several threads: upstream's
//! collector, classes and caches belong to the process, not to an interpreter.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use pyt_runtime::{Isolation, Runtime};
use pyt_test::deadline::{alone, within};

/// How many runtimes each thread makes, unless `PYT_TEST_NEIGHBOURS` says.
const ROUNDS: usize = 12;

const THREADS: usize = 4;

const ALL_MODULES: &str = "
import sys
for name in sys.builtin_module_names:
    try:
        __import__(name)
    except ImportError:
        pass
";

const CLASSES: &str = "
import ctypes, io, types, gc
class A:
    __slots__ = ('x',)
class B(A, io.StringIO): pass
class C(ctypes.Structure): _fields_ = [('x', ctypes.c_int)]
for _ in range(20):
    class D(Exception): pass
    ctypes.Structure.__base__.__subclasses__()
    object.__subclasses__()
    A().x = D
";

const COLLECTING: &str = "
import gc
class Node: pass
for _ in range(15):
    nodes = [Node() for _ in range(200)]
    for node in nodes:
        node.all = nodes
    del nodes, node
    gc.collect()
";

#[test]
fn runtimes_begin_collect_and_end_beside_one_another() {
    alone("neighbours::many_runtimes");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn many_runtimes() {
    let rounds = env::var("PYT_TEST_NEIGHBOURS").map_or(ROUNDS, |text| text.parse().unwrap());
    within("runtimes beside one another", move || {
        let number = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let number = number.clone();
                thread::spawn(move || {
                    for _ in 0..rounds {
                        one(number.fetch_add(1, Ordering::Relaxed));
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// One runtime of a kind that its number selects.
fn one(number: usize) {
    let builder = Runtime::builder().gil(number & 1 == 0);
    let (builder, code) = match number % 6 {
        0 | 1 => (builder, ALL_MODULES),
        2 => (builder.isolated(Isolation::new()), COLLECTING),
        3 => (builder, CLASSES),
        _ => (builder, COLLECTING),
    };
    let runtime = builder.build().unwrap();
    if let Err(error) = runtime.exec(code) {
        panic!("{}", error.traceback());
    }
    let kept = runtime.eval::<pyt_runtime::Value>("[object(), {}, lambda: 0]");
    if number.is_multiple_of(4) {
        runtime.finish();
    } else {
        drop(runtime);
    }
    drop(kept);
}

/// What each interpreter once stored anew on shared classes when it began. Upstream's cache may say
/// once that there is no such attribute (docs/differences.md); the next look has to be right.
const READING: &str = "
def look(get):
    try:
        return get()
    except AttributeError:
        return get()
for _ in range(300):
    assert look(lambda: CODE.co_filename) == '<string>'
    assert look(lambda: flags.context_aware_warnings) in (0, 1)
    assert look(lambda: flags.thread_inherit_context) in (0, 1)
    assert look(lambda: flags.gil) in (0, 1)
    assert look(lambda: CODE.replace(co_name='x').co_name) == 'x'
    kept.append((bytes(160), object()))
    del kept[:-50]
";

#[test]
fn attributes_of_shared_classes_are_read_while_others_begin() {
    alone("neighbours::readers");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn readers() {
    let rounds = env::var("PYT_TEST_NEIGHBOURS").map_or(ROUNDS, |text| text.parse().unwrap());
    within("a reader beside runtimes that begin", move || {
        let done = Arc::new(AtomicUsize::new(0));
        let reader = {
            let done = done.clone();
            thread::spawn(move || {
                let runtime = Runtime::builder().build().unwrap();
                runtime
                    .exec("from sys import flags\nCODE = (lambda: 0).__code__\nkept = []")
                    .unwrap();
                while done.load(Ordering::Relaxed) == 0 {
                    runtime.exec(READING).unwrap();
                }
            })
        };
        for _ in 0..rounds * THREADS {
            Runtime::builder().build().unwrap().finish();
        }
        done.store(1, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn the_placeholder_stays_the_same_when_others_begin() {
    let same = "import functools\nassert type(functools.Placeholder)() is functools.Placeholder";
    let first = Runtime::builder().build().unwrap();
    first.exec(same).unwrap();
    let second = Runtime::builder().build().unwrap();
    second.exec(same).unwrap();
    first.exec(same).unwrap();
}

/// So many processes begin with runtimes that several threads build at once. Two in five of them
/// hung while a thread waited for another's preparation of the shared classes without detaching.
const FIRST_STARTS: usize = 15;

#[test]
fn the_first_runtimes_of_a_process_are_built_by_several_threads() {
    for _ in 0..FIRST_STARTS {
        alone("neighbours::several_threads_build_the_first_runtimes");
    }
}

#[test]
#[ignore = "run by the test above, in processes of its own"]
fn several_threads_build_the_first_runtimes() {
    within("the first runtimes of the process", || {
        std::thread::scope(|scope| {
            for gil in [true, false, true] {
                scope.spawn(move || {
                    let builder = Runtime::builder().isolated(Isolation::new()).gil(gil);
                    let runtime = builder.build().unwrap();
                    assert_eq!(runtime.eval::<i64>("sum([1, 2])").unwrap(), 3);
                });
            }
        });
    });
}
