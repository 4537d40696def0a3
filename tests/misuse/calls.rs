//! Wrong calls and wrong values: what each comes to, in one line.

mod queues;
mod threads;
mod waits;

use super::Program;

/// A wrong use: statements that lead up to it, the expression that is wrong, and what comes of it
/// (the result's `repr`, or the exception's type and message).
type Case = (&'static str, &'static str, &'static str);

/// Runs all cases in one program and compares each.
fn check(cases: &[Case]) {
    let mut source = String::from(
        "import _thread, math, queue, sys, threading, time\n\
         def attempt(call):\n    \
             try:\n        return repr(call())\n    \
             except BaseException as error:\n        \
                 return f'{type(error).__name__}: {error}'\n\
         def case(setup, expression):\n    \
             names = dict(globals())\n    \
             exec(setup, names)\n    \
             print(attempt(lambda: eval(expression, names)), flush=True)\n",
    );
    for (setup, expression, _) in cases {
        // Rust's debug form of ASCII text without control characters but \n is a Python literal.
        source.push_str(&format!("case({setup:?}, {expression:?})\n"));
    }
    let run = Program::new("cases.py", source).run();
    run.succeeded();
    let outcomes: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(outcomes.len(), cases.len(), "one line for each case: {run}");
    let wrong: Vec<String> = cases
        .iter()
        .zip(outcomes)
        .filter(|((_, _, expected), outcome)| expected != outcome)
        .map(|((setup, expression, expected), outcome)| {
            format!("{setup}\n>>> {expression}\nexpected: {expected}\nbut: {outcome}\n")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

const NAN: &str = "ValueError: Invalid value NaN (not a number)";
const TOO_LONG: &str = "OverflowError: timestamp out of range for C PyTime_t";
const NEGATIVE: &str = "ValueError: timeout value must be a non-negative number";
const QUEUE_NEGATIVE: &str = "ValueError: 'timeout' must be a non-negative number";
