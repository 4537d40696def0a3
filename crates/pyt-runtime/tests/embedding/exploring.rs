//! Exploring schedules of host code that runs Python, which calls host functions.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

use pyt_runtime::{
    Error, Function, ModuleBuilder, Python, Runtime,
    explore::{ExploreOptions, ExploreResult, Granularity, SearchKind},
};
use pyt_test::deadline::within;

const PAY_IN: &str = "
import host, threading
def pay_in():
    host.store(host.balance() + 1)
threads = [threading.Thread(target=pay_in) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert host.balance() == 2, host.balance()
";

#[derive(Clone, Copy)]
enum Declared {
    Nothing,
    Parts,
}

/// An account that the host keeps, explored; and the runtime, for more.
fn account(declared: Declared) -> (Runtime, Arc<AtomicI64>) {
    let account = Arc::new(AtomicI64::new(0));
    let (read, written) = (account.clone(), account.clone());
    let balance = Function::new("balance", move || read.load(SeqCst));
    let store = Function::new("store", move |amount: i64| written.store(amount, SeqCst));
    let (balance, store) = match declared {
        Declared::Nothing => (balance, store),
        Declared::Parts => (balance.reads("account"), store.writes("account")),
    };
    let host = ModuleBuilder::new("host")
        .add_function(balance)
        .add_function(store);
    (Runtime::builder().module(host).build().unwrap(), account)
}

fn explore(
    (runtime, account): &(Runtime, Arc<AtomicI64>),
    options: &ExploreOptions,
) -> ExploreResult {
    let program = |py: Python<'_>| {
        account.store(0, SeqCst);
        py.exec(PAY_IN)
    };
    let go_on = |_: &ExploreResult| ControlFlow::Continue(());
    runtime.explore_with(options, program, go_on).unwrap()
}

fn options(search: SearchKind) -> ExploreOptions {
    ExploreOptions {
        search,
        schedules: Some(300),
        ..ExploreOptions::default()
    }
}

#[test]
fn host_functions_are_steps() {
    within("exploring host functions", || {
        let random = "random".parse::<SearchKind>().unwrap();
        for declared in [Declared::Nothing, Declared::Parts] {
            for search in [random, SearchKind::Dpor(None)] {
                let result = explore(&account(declared), &options(search));
                let failing = result.failing_runs();
                assert_eq!(failing.len(), 1, "{search}: {failing:?}");
                assert!(
                    failing[0]
                        .failure
                        .to_string()
                        .contains("AssertionError in MainThread")
                );
            }
        }
    });
}

#[test]
fn each_exploration_has_its_own_options() {
    within("exploring twice", || {
        // Python's own variables are steps with one granularity only.
        const COUNT: &str = "
import threading
count = 0
def add():
    global count
    count += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert count == 2
";
        let runtime = Runtime::builder().build().unwrap();
        let explore = |granularity, program: &str| {
            let options = ExploreOptions {
                granularity,
                schedules: Some(200),
                ..ExploreOptions::default()
            };
            let result = runtime
                .explore_with(
                    &options,
                    |py| py.exec(program),
                    |_| ControlFlow::Continue(()),
                )
                .unwrap();
            result.failing_runs().len()
        };
        let explore_all = |program: &str| {
            assert_eq!(explore(Granularity::Sync, program), 0);
            assert_eq!(explore(Granularity::Access, program), 1);
            assert_eq!(explore(Granularity::Sync, program), 0);
            assert_eq!(explore(Granularity::Instruction, program), 1);
            assert_eq!(explore(Granularity::Access, program), 1);
        };
        explore_all(COUNT);
        // Functions that are there before, and get other decision points each time.
        let body = COUNT
            .replace('\n', "\n    ")
            .replace("global count", "global count, add");
        let body = body.replace("count = 0\n", "global count, add\n    count = 0\n");
        runtime
            .exec(&format!("count = 0\ndef work():\n    {body}\n"))
            .unwrap();
        explore_all("work()");
    });
}

#[test]
fn the_programs_own_errors_are_failures() {
    within("exploring errors", || {
        let runtime = Runtime::builder().build().unwrap();
        let explore = |program: &dyn Fn(Python<'_>) -> Result<(), Error>| {
            let options = ExploreOptions {
                schedules: Some(3),
                ..ExploreOptions::default()
            };
            let go_on = |_: &ExploreResult| ControlFlow::Continue(());
            runtime.explore_with(&options, program, go_on)
        };
        let result = explore(&|_| Err(Error::new("LookupError", "of the host"))).unwrap();
        let failing = result.failing_runs();
        assert_eq!(failing.len(), 1);
        assert!(failing[0].failure.to_string().contains("of the host"));
        let result = explore(&|py| py.exec("x = 1")).unwrap();
        assert!(result.failing_runs().is_empty());
        // The runtime is as it was.
        assert_eq!(runtime.eval::<i64>("6 * 7").unwrap(), 42);
        runtime.finish();
    });
}
