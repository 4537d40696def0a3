//! What is a step: every operation by which one thread can notice another. Each program fails under
//! some orders; the default strategy finds that, and `dpor` does not claim the contrary.

use crate::{explore_text, outcomes};

/// Starts and joins two threads, without a loop over something shared.
const FRAME: &str = "
first = threading.Thread(target=one, name='first')
second = threading.Thread(target=two, name='second')
first.start()
second.start()
first.join()
second.join()
";

/// Programs that fail under some orders only: a name, the functions `one` and `two`, and what is
/// asserted at the end.
const FAILING: &[(&str, &str, &str)] = &[
    (
        "a loop over a dictionary",
        "
table = {'a': 1}
def one():
    for key in table:
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over the items of a dictionary",
        "
table = {'a': 1}
def one():
    for key, value in table.items():
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over a set that was bound to another name",
        "
ready = {1, 2}
done = []
def one():
    todo = ready
    for item in todo:
        done.append(item)
def two():
    ready.add(3)
",
        "",
    ),
    (
        "a comprehension",
        "
table = {'a': 1}
def one():
    return {key for key in table if key}
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a generator expression",
        "
table = {'a': 1}
def one():
    return any(key == 'z' for key in table)
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "an iterator that is made first and used up later",
        "
table = {'a': 1}
def one():
    keys = iter(table)
    return list(keys)
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "unpacking an iterator that is made first",
        "
table = {'a': 1}
def one():
    keys = iter(table)
    return [*keys]
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over pairs",
        "
table = {'a': 1}
def one():
    for number, key in enumerate(zip(table, 'xyz')):
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "one iterator of two loops",
        "
turns = iter([1, 2])
got = [[], []]
def one():
    for turn in turns:
        got[0].append(turn)
def two():
    for turn in turns:
        got[1].append(turn)
",
        "assert not (got[0] and got[1])",
    ),
    (
        "one iterator over a range",
        "
turns = iter(range(4))
got = [None, None]
def one():
    got[0] = next(turns), next(turns)
def two():
    got[1] = next(turns), next(turns)
",
        "assert got in ([(0, 1), (2, 3)], [(2, 3), (0, 1)])",
    ),
    (
        "one iterator over a string",
        "
letters = iter('abcd')
got = [None, None]
def one():
    got[0] = next(letters) + next(letters)
def two():
    got[1] = next(letters) + next(letters)
",
        "assert 'ab' in got",
    ),
    (
        "one iterator over a tuple, by two conversions to a list",
        "
numbers = iter((1, 2))
got = [None, None]
def one():
    got[0] = next(numbers)
def two():
    got[1] = list(numbers)
",
        "assert got == [1, [2]]",
    ),
    (
        "a lazy iterator over another",
        "
numbers = iter((1, 2))
pairs = enumerate(numbers)
got = [None, None]
def one():
    got[0] = next(pairs)
def two():
    got[1] = next(numbers)
",
        "assert got[1] == 2",
    ),
    (
        "a generator that two threads resume",
        "
def ids():
    number = 0
    while True:
        number += 1
        yield number
numbers = ids()
def one():
    next(numbers)
def two():
    next(numbers)
",
        "",
    ),
    (
        "a generator that two loops share",
        "
def ids():
    yield 1
    yield 2
numbers = ids()
def one():
    for number in numbers:
        pass
def two():
    for number in numbers:
        pass
",
        "",
    ),
    (
        "an iterator that calls a method",
        "
stack = [1, 2]
got = [[], []]
def one():
    for item in iter(stack.pop, 1):
        got[0].append(item)
def two():
    got[1].append(len(stack))
",
        "assert got[1] == [0]",
    ),
    (
        "a method that is called by its class",
        "
table = {}
got = []
def one():
    dict.__setitem__(table, 'a', 1)
def two():
    got.append('a' in table)
",
        "assert got == [True]",
    ),
    (
        "a partial function",
        "
import functools
stack = []
got = []
push = functools.partial(stack.append, 1)
def one():
    push()
def two():
    got.append(len(stack))
",
        "assert got == [1]",
    ),
    (
        "a copy of a nested dictionary",
        "
import copy
table = {'a': [1]}
inner = table['a']
got = []
def one():
    got.append(copy.deepcopy(table))
def two():
    inner.append(2)
",
        "assert got == [{'a': [1]}]",
    ),
    (
        "a comparison of nested lists",
        "
inner = [1]
outer = [inner]
got = []
def one():
    got.append(outer == [[1]])
def two():
    inner.append(2)
",
        "assert got == [True]",
    ),
    (
        "the text of a nested dictionary",
        "
import json
inner = [1]
table = {'a': inner}
got = []
def one():
    got.append(json.dumps(table))
def two():
    inner.append(2)
",
        "assert got == ['{\"a\": [1]}']",
    ),
    (
        "a proxy of a dictionary",
        "
import types
table = {'a': 1}
shown = types.MappingProxyType(table)
got = []
def one():
    got.append(shown['a'])
def two():
    table['a'] = 2
",
        "assert got == [1]",
    ),
    (
        "the library calls a method of a list",
        "
import sched, time
box = []
got = []
def one():
    plan = sched.scheduler()
    plan.enter(0, 1, box.append, (1,))
    plan.run()
def two():
    got.append(len(box))
",
        "assert got == [1]",
    ),
    (
        "a file that exists or not",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'claim')
if os.path.exists(path):
    os.remove(path)
got = []
def one():
    if not os.path.exists(path):
        open(path, 'w').close()
        got.append(1)
two = one
",
        "assert len(got) == 1",
    ),
    (
        "a file that is removed",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'data')
open(path, 'w').close()
def one():
    if os.path.isfile(path):
        os.remove(path)
two = one
",
        "",
    ),
    (
        "a folder that is made",
        "
import pathlib
path = pathlib.Path(__file__).parent / 'data'
if path.exists():
    path.rmdir()
def one():
    if not path.exists():
        path.mkdir()
two = one
",
        "",
    ),
    (
        "the environment",
        "
import os
got = []
def one():
    os.environ['COLOUR'] = 'red'
def two():
    got.append(os.getenv('COLOUR'))
",
        "assert got == ['red']",
    ),
];

#[test]
fn each_operation_that_another_thread_can_notice_is_a_step() {
    let mut wrong = Vec::new();
    for (name, program, asserted) in FAILING {
        let source = format!("import threading\n{program}{FRAME}{asserted}\n");
        for strategy in ["mix", "dpor"] {
            let strategy = format!("--strategy={strategy}");
            let (report, run) = explore_text(&source, &[&strategy, "--schedules=400"]);
            if report["failed"] == 0 || report["failed"] == report["schedules"] {
                let (failed, all) = (&report["failed"], &report["schedules"]);
                wrong.push(format!("{name}, {strategy}: {failed} of {all} failed"));
            }
            if run.status.code() == Some(2) {
                wrong.push(format!("{name}, {strategy}: {run}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_generator_that_runs_cannot_be_resumed() {
    let source = "
import threading
def ids():
    number = 0
    while True:
        number += 1
        yield number
numbers = ids()
got = [None, None]
def take(place):
    try:
        got[place] = next(numbers)
    except ValueError as error:
        got[place] = str(error)
one = threading.Thread(target=take, args=(0,))
two = threading.Thread(target=take, args=(1,))
one.start(); two.start(); one.join(); two.join()
print(sorted(got, key=str))
";
    let expected = [r"[1, 'generator already executing']\n", r"[1, 2]\n"];
    for strategy in ["mix", "dpor", "dfs"] {
        let strategy = format!("--strategy={strategy}");
        let (report, _) = explore_text(source, &[&strategy, "--schedules=1000"]);
        let found = outcomes(&report);
        assert_eq!(found.len(), expected.len(), "{strategy}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{strategy}: {found} {expected}");
        }
    }
}

/// Programs of which no schedule fails, though `dpor` and `dfs` cannot know: a name, the program.
const NOT_PROVEN: &[(&str, &str)] = &[
    (
        "tasks of an event loop",
        "
import asyncio
async def step(order, name):
    await asyncio.sleep(0)
    order.append(name)
async def main():
    order = []
    await asyncio.gather(step(order, 'a'), step(order, 'b'))
    assert order == ['a', 'b']
asyncio.run(main())
",
    ),
    (
        "a key function",
        "
import threading
numbers = [2, 1]
def one():
    numbers.sort(key=lambda number: number)
def two():
    numbers.append(3)
first = threading.Thread(target=one)
second = threading.Thread(target=two)
first.start(); second.start(); first.join(); second.join()
",
    ),
];

#[test]
fn what_is_not_seen_is_said_and_voids_the_proof() {
    for (name, program) in NOT_PROVEN {
        for strategy in ["dpor", "dfs"] {
            let strategy = format!("--strategy={strategy}");
            let (report, run) = explore_text(program, &[&strategy, "--schedules=3000"]);
            assert_eq!(report["failed"], 0, "{name}: {run}");
            assert_eq!(report["proven"], false, "{name}: {run}");
            let not_seen = report["not_seen"].as_array().map_or(0, Vec::len);
            assert!(not_seen > 0, "{name}: {run}");
        }
    }
}
