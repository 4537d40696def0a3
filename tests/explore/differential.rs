//! `dpor` against `dfs` and against random schedules, on small programs made from seeds: the same
//! outcomes, and never a proof where another search finds more.
//!
//! `PYT_TEST_PROGRAMS` says how many programs (usually few: a nightly run takes thousands),
//! `PYT_TEST_FIRST_PROGRAM` the seed of the first.

use std::fmt::Write as _;

use crate::{count, explore_text, outcomes};

/// What both threads share.
const SHARED: &str = "
import threading, copy, json, heapq, functools, itertools, collections
def values():
    yield 1
    yield 2
class Box:
    def __init__(self):
        self.item = 0
    def __eq__(self, other):
        return self.item == other
    def __hash__(self):
        return 1
    def bump(self):
        self.item += 1
        return self.item
number = 0
box = Box()
table = {'a': 1}
counts = collections.defaultdict(int)
inner = [5]
nested = {'x': inner}
items = [1, 2]
some = {1, 2}
line = collections.deque([1, 2])
over_items = iter(items)
over_range = iter(range(3))
over_table = iter(table)
over_text = iter('xy')
body = values()
pairs = enumerate(iter([7, 8]))
lock = threading.Lock()
got = [[], []]
";

/// Statements; `K` is the thread's number, `R` the list of what it has seen.
const STATEMENTS: &[&str] = &[
    "global number; number += 1",
    "R.append(number)",
    "box.item += 1",
    "R.append(box.bump())",
    "R.append(box == 1)",
    "table['K'] = K",
    "table.pop('a', None)",
    "table.update(b=K)",
    "R.append('a' in table)",
    "R.append(sorted(table))",
    "R.append(json.dumps(table))",
    "R.append(copy.deepcopy(nested))",
    "R.append(str(nested))",
    "R.append(nested == {'x': [5]})",
    "inner.append(K)",
    "counts['n'] += 1",
    "R.append(len(counts))",
    "items.append(K)",
    "items.pop()",
    "items[0] = 7 + K",
    "R.append(items[-1])",
    "R.append(sum(items))",
    "R.append(max(items))",
    "R.extend(items)",
    "heapq.heappush(items, 0)",
    "some.add(5 + K)",
    "some.discard(1)",
    "R.append(2 in some)",
    "R.append(some | {9})",
    "line.append(K)",
    "R.append(line.popleft())",
    "R.append(next(over_items, None))",
    "R.append(next(over_range, None))",
    "R.append(next(over_table, None))",
    "R.append(next(over_text, None))",
    "R.append(next(body, None))",
    "R.append(next(pairs, None))",
    "R.append(list(over_items))",
    "R.append([*over_range])",
    "R.append(''.join(over_text))",
    "first, *rest = items; R.append(rest)",
    "for one in table: R.append(one)",
    "for one in items: R.append(one)",
    "for one in some: pass",
    "for one in line: pass",
    "for one in over_items: R.append(one)",
    "for one in over_range: R.append(one); break",
    "for one in body: R.append(one)",
    "for key, one in table.items(): R.append(one)",
    "for one in reversed(items): R.append(one)",
    "for one, two in zip(items, table): R.append(two)",
    "R.append([one + 1 for one in items])",
    "R.append({one for one in table})",
    "R.append({one: 1 for one in some})",
    "R.append(any(one > 1 for one in items))",
    "R.append(list(map(str, items)))",
    "R.append(list(filter(None, line)))",
    "R.append(list(itertools.chain(items, line)))",
    "R.append(functools.reduce(max, items))",
    "functools.partial(items.append, K)()",
    "list.append(items, K)",
    "setattr(box, 'item', 4)",
    "R.append(getattr(box, 'item'))",
    "R.append(vars(box).copy())",
    "exec('items.append(8)')",
    "globals()['number'] = 5",
    "R.append(items.copy() + [K])",
    "items += [K]",
    "del items[:]",
    "with lock: items.append(K)",
    "with lock: R.append(len(items))",
    "R.append(f'{items}')",
    "R.append(bool(items))",
    "del table['a']",
];

/// The rest of a generator of numbers from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("below a usize")
    }
}

/// The program of a seed.
fn program(seed: u64) -> String {
    let mut numbers = Numbers(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let mut text = SHARED.to_owned();
    for thread in 0..2 {
        // A string takes all that is written into it.
        let _ = write!(text, "def work{thread}():\n    R = got[{thread}]\n");
        let mut body = String::new();
        let mut is_global = false;
        for _ in 0..=numbers.below(2) {
            let statement = STATEMENTS[numbers.below(STATEMENTS.len())];
            let statement = statement.replace('K', &thread.to_string());
            is_global |= statement.starts_with("global");
            let statement = statement.trim_start_matches("global number; ");
            let _ = writeln!(body, "        {statement}");
        }
        if body.contains("items +=") {
            text.push_str("    global items\n");
        }
        if is_global {
            text.push_str("    global number\n");
        }
        let _ = write!(
            text,
            "    try:\n{body}    except Exception as error:\n        R.append(repr(error))\n"
        );
    }
    text.push_str(
        "
first = threading.Thread(target=work0)
second = threading.Thread(target=work1)
first.start(); second.start(); first.join(); second.join()
print(got, number, box.item, table, dict(counts), nested, items, sorted(some), list(line))
print(list(over_range), list(over_text), list(body))
",
    );
    text
}

/// What the searches disagree about, if they do.
fn disagreement(source: &str) -> Option<String> {
    let search = |strategy: &str, schedules: u64| {
        let strategy = format!("--strategy={strategy}");
        let schedules = format!("--schedules={schedules}");
        explore_text(source, &[&strategy, &schedules])
    };
    let (dpor, run) = search("dpor", 3000);
    if dpor["proven"] != true {
        let why_not = dpor["not_seen"].as_array().map_or(0, Vec::len);
        let unfinished = dpor["exhausted"] != true;
        return (why_not == 0 && !unfinished).then(|| format!("no proof, no reason: {run}"));
    }
    let proven = outcomes(&dpor);
    let (dfs, _) = search("dfs", 2000);
    let (random, _) = search("random", 300);
    let mut text = String::new();
    for (name, other) in [("dfs", &dfs), ("random", &random)] {
        for outcome in outcomes(other) {
            if !proven.contains(&outcome) {
                let _ = writeln!(text, "  only {name}: {outcome}");
            }
        }
    }
    if dfs["proven"] == true {
        let all = outcomes(&dfs);
        for outcome in proven.iter().filter(|outcome| !all.contains(outcome)) {
            let _ = writeln!(text, "  only dpor: {outcome}");
        }
    }
    (!text.is_empty()).then_some(text)
}

#[test]
fn dpor_finds_what_other_searches_find() {
    let first = count("PYT_TEST_FIRST_PROGRAM", 0);
    let programs = count("PYT_TEST_PROGRAMS", 8);
    let mut wrong = Vec::new();
    for seed in first..first + programs {
        let source = program(seed);
        if let Some(disagreement) = disagreement(&source) {
            let (_, works) = source.split_once("got = [[], []]").unwrap_or_default();
            wrong.push(format!("program {seed}:{works}\n{disagreement}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
