//! Small programs with threads, made from seeds, that use the language and the primitives widely.
//!
//! A program takes one or two groups, each of which says what the threads share, what they may do
//! to it, and what is printed at the end. So threads meet at the same objects.

use std::fmt::Write as _;

/// What threads share, and what they do to it.
struct Group {
    /// Declares what is shared.
    shared: &'static str,
    /// Statements, separated by lines with `--`: `$K` is the thread's number, `R` the list of what
    /// it has seen. `global NAME` at the beginning is moved to the beginning of the function.
    statements: &'static str,
    /// What is printed at the end.
    shown: &'static str,
    /// The program imports modules for which each run is a process of its own.
    forks: bool,
}

include!("generated_groups.rs");
include!("generated_unusual.rs");

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

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// Of so many programs one may take groups that need a process for each run.
const PROGRAMS_PER_FORKING_ONE: usize = 12;

/// A program that was made from a seed.
pub(crate) struct Program {
    pub(crate) source: String,
    /// Each run of it is a process.
    pub(crate) forks: bool,
    /// It does so little that most of its schedules can be tried.
    pub(crate) is_small: bool,
}

/// The program of a seed. Those of even seeds are small.
pub(crate) fn program(seed: u64) -> Program {
    let mut numbers = Numbers(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let may_fork = numbers.one_in(PROGRAMS_PER_FORKING_ONE);
    let known: Vec<&Group> = GROUPS.iter().chain(UNUSUAL).collect();
    let of = |forks: bool| known.iter().copied().filter(move |one| one.forks == forks);
    let pool: Vec<&Group> = of(may_fork).collect();
    let mut groups = vec![pool[numbers.below(pool.len())]];
    if numbers.one_in(3) {
        let all: Vec<&Group> = of(false).collect();
        let second = all[numbers.below(all.len())];
        if !std::ptr::eq(second, groups[0]) {
            groups.push(second);
        }
    }
    let statements: Vec<&str> = groups
        .iter()
        .flat_map(|group| group.statements.split("\n--\n"))
        .map(|statement| statement.trim_matches('\n'))
        .collect();
    let is_small = seed.is_multiple_of(2);
    let threads = if !is_small && numbers.one_in(6) { 3 } else { 2 };
    let mut text = String::from("import threading\n");
    for group in &groups {
        text.push_str(group.shared.trim_start_matches('\n'));
    }
    let seen = vec!["[]"; threads].join(", ");
    // A string takes all that is written into it.
    let _ = writeln!(text, "got = [{seen}]");
    for thread in 0..threads {
        let most = if is_small || threads > 2 { 1 } else { 3 };
        let count = 1 + numbers.below(most);
        let chosen: Vec<&str> = (0..count)
            .map(|_| statements[numbers.below(statements.len())])
            .collect();
        function(&mut text, thread, &chosen, &mut numbers);
    }
    for thread in 0..threads {
        let _ = writeln!(text, "t{thread} = threading.Thread(target=work{thread})");
    }
    let each = |what: &str| {
        let all = (0..threads).map(|thread| format!("t{thread}.{what}()"));
        all.collect::<Vec<_>>().join("; ")
    };
    let _ = writeln!(text, "{}\n{}", each("start"), each("join"));
    text.push_str("print(got)\n");
    for group in &groups {
        let _ = writeln!(text, "print({})", group.shown);
    }
    Program {
        source: text,
        forks: may_fork,
        is_small,
    }
}

/// The function of a thread.
fn function(text: &mut String, thread: usize, statements: &[&str], numbers: &mut Numbers) {
    let mut globals: Vec<&str> = Vec::new();
    let mut body = String::new();
    let caught = !numbers.one_in(12);
    let depth = if caught { "        " } else { "    " };
    for statement in statements {
        let mut statement = *statement;
        if let Some(rest) = statement.strip_prefix("global ")
            && let Some((name, rest)) = rest.split_once("; ")
        {
            globals.push(name);
            statement = rest;
        }
        let statement = statement.replace("$K", &thread.to_string());
        for line in statement.lines() {
            let _ = writeln!(body, "{depth}{line}");
        }
    }
    globals.sort_unstable();
    globals.dedup();
    let _ = writeln!(text, "def work{thread}():");
    if !globals.is_empty() {
        let _ = writeln!(text, "    global {}", globals.join(", "));
    }
    let _ = writeln!(text, "    R = got[{thread}]");
    if caught {
        let _ = writeln!(text, "    try:\n{body}    except Exception as error:");
        text.push_str("        R.append(repr(error))\n");
    } else {
        text.push_str(&body);
    }
}
