//! Three hundred generated programs: none gets out, ends the host, or outlasts its limit.
//!
//! The seed is fixed. `PYT_TEST_ATTACKS=5000` makes more of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyt_runtime::{Error, ErrorKind, Limits, Runtime};
use pyt_test::deadline::within;

use super::{SLACK, run_after, small, with};

const SEED: u64 = 0x5eed;

/// How long each may take.
const WALL: Duration = Duration::from_millis(250);

/// Numbers that look random (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const LAYERS: &[&str] = &[
    "map(int, i)",
    "filter(None, i)",
    "zip(i)",
    "enumerate(i)",
    "itertools.chain(i)",
    "itertools.islice(i, 2)",
    "itertools.cycle(i)",
    "itertools.tee(i)[0]",
    "itertools.takewhile(bool, i)",
    "itertools.dropwhile(bool, i)",
    "itertools.accumulate(i)",
    "itertools.starmap(max, zip(i, i))",
    "itertools.pairwise(i)",
    "(x for x in i)",
    "reversed([i])",
    "memoryview(b'x')[:1] and iter([i])",
];

const TOKENS: &[(&str, &str, &str)] = &[
    ("-", "1", ""),
    ("not ", "1", ""),
    ("[", "", "]"),
    ("(", "", ",)"),
    ("{1:", "1", "}"),
    ("lambda:", "1", ""),
    ("f(", "1", ")"),
    ("", "1", "+1"),
    ("", "1", "**1"),
    ("", "a", ".b"),
    ("", "a", "[0]"),
    ("", "a", "()"),
    ("", "1", " if 1 else 1"),
    ("", "1", " or 1"),
    ("", "1", "<1"),
    ("(yield ", "1", ")"),
    ("*", "a", ""),
    ("await ", "a", ""),
    ("f'{", "1", "}'"),
];

const SOURCES: &[&str] = &[
    "itertools.count()",
    "itertools.repeat(1)",
    "itertools.cycle([1, 2])",
    "range(10**12)",
    "iter(int, 1)",
    "iter(lambda: 'x', 1)",
    "map(abs, itertools.count())",
    "(x for x in itertools.count())",
];

const SINKS: &[&str] = &[
    "sum(S)",
    "list(S)",
    "tuple(S)",
    "set(S)",
    "max(S)",
    "min(S)",
    "all(S)",
    "any(not x for x in S)",
    "sorted(S)",
    "dict.fromkeys(S)",
    "frozenset(S)",
    "bytearray(x % 7 for x in S)",
    "''.join(str(x) for x in S)",
    "b''.join(map(bytes, S))",
    "collections.deque(S, maxlen=1)",
    "collections.Counter(S)",
    "-1 in S",
    "[*S]",
    "print(*S)",
    "functools.reduce(max, S)",
    "itertools.product(S)",
    "random.sample(list(S), 1)",
    "statistics.mean(S)",
    "array.array('q', S)",
];

const SIZES: &[&str] = &[
    "10**9",
    "10**11",
    "10**15",
    "2**31",
    "2**63 - 1",
    "2**64",
    "-1",
];

const ALLOCATIONS: &[&str] = &[
    "'x' * N",
    "bytes(N)",
    "bytearray(N)",
    "[0] * N",
    "(0,) * N",
    "'%*d' % (N, 1)",
    "f'{1:>{N}}'",
    "'x'.ljust(N)",
    "'x'.center(N)",
    "b'x'.zfill(N)",
    "1 << N",
    "7 ** N",
    "int.to_bytes(1, N)",
    "os.urandom(N)",
    "random.getrandbits(N)",
    "io.BytesIO().truncate(N)",
    "array.array('q', [0]) * N",
    "collections.deque([0] * 1000, N) * N",
    "memoryview(bytearray(N))",
    "'\\t'.expandtabs(N)",
    "itertools.product(range(9), repeat=N)",
    "list(itertools.combinations(range(60), 30))",
    "math.factorial(N)",
    "decimal.Decimal(1).scaleb(N)",
    "'{:{w}}'.format(1, w=N)",
    "struct.pack(f'{N}x')",
    "zlib.decompress(zlib.compress(bytes(10**7)), 15, N)",
    "re.compile('(a{1,1000}){1,1000}' * 9)",
    "json.loads('[' * N)",
    "pickle.loads(b'\\x8c\\xff' + b'x' * 9)",
    "pickle.loads(b'B\\xff\\xff\\xff\\x7f')",
    "pickle.loads(b'\\x8e' + b'\\xff' * 8)",
    "marshal.loads(b'[\\xff\\xff\\xff\\x7f')",
];

const HOOKS: &[&str] = &[
    "__str__",
    "__repr__",
    "__del__",
    "__eq__",
    "__hash__",
    "__len__",
    "__iter__",
    "__bool__",
    "__index__",
    "__getattr__",
    "__dir__",
    "__format__",
    "__exit__",
    "__lt__",
    "__contains__",
];

const BEHAVIOURS: &[&str] = &[
    "while True: pass",
    "return self.H(*a)",
    "raise self",
    "os._exit(9)",
    "os.kill(os.getpid(), 11)",
    "del sys.modules, sys.stderr",
    "sys.__dict__.clear()",
    "builtins.__dict__.clear()",
    "return bytes(10**10)",
    "threading.Thread(target=self.H).start(); return self.H()",
    "raise SystemExit(self)",
    "sys.setrecursionlimit(10**9); return self.H(*a)",
];

const USES: &[&str] = &[
    "raise E()",
    "raise SystemExit(E())",
    "{}[E()]",
    "E().nope",
    "print(E())",
    "f'{E()}'",
    "[E()] == [E()]",
    "sorted([E(), E()])",
    "len(E()), bool(E())",
    "with E(): pass",
    "1 in E()",
    "del e; e = E(); del e",
    "sys.exit(E())",
    "range(E())",
    "sys.excepthook = E; 1/0",
    "threading.Thread(target=E().nope).start()",
];

/// Native code that does what it likes.
const NATIVE: &[&str] = &[
    "ctypes.string_at(N)",
    "ctypes.memset(N, 0, N)",
    "ctypes.CDLL(None).abort()",
    "ctypes.CDLL(None).raise_(11) if 0 else os.abort()",
    "ctypes.CDLL(None).pause()",
    "ctypes.CDLL(None).exit(3)",
    "ctypes.CDLL(None).sleep(1000)",
    "ctypes.CFUNCTYPE(None)(N)()",
    "ctypes.cast(N, ctypes.py_object).value",
    "ctypes.memmove(id(None), id(1), 64)",
    "ctypes.memset(id(int), 255, 400)",
    "[ctypes.CDLL(None).malloc(1 << 30) for _ in range(1000)]",
    "ctypes.CDLL(None).syscall(N % 450)",
    "ctypes.CDLL(None).fork()",
    "ctypes.CDLL(None).vfork()",
    "ctypes.CDLL(None).system(b'true')",
];

/// What the programs use.
const MODULES: &[&str] = &[
    "array",
    "ast",
    "builtins",
    "collections",
    "ctypes",
    "decimal",
    "functools",
    "io",
    "itertools",
    "json",
    "marshal",
    "math",
    "os",
    "pickle",
    "random",
    "re",
    "statistics",
    "struct",
    "sys",
    "threading",
    "zlib",
];

/// Imports what a program uses, before its time begins.
fn imports(code: &str) -> String {
    let used = MODULES
        .iter()
        .filter(|name| code.contains(&format!("{name}.")));
    let imports = used.map(|name| format!("import {name}\n"));
    // It shows what the programs raise.
    imports.chain(["import traceback\n".to_owned()]).collect()
}

/// A program of the kinds that ended hosts, or outlasted limits.
fn program(numbers: &mut Numbers) -> String {
    match numbers.below(8) {
        0 => {
            let depth = numbers.one(&[3000, 30_000, 200_000]);
            let layer = numbers.one(LAYERS);
            let end = numbers.one(&["next(i)", "del i", "list(i)", "repr(i)", "print(*i)"]);
            format!("i = iter([1, 2])\nfor _ in range({depth}): i = {layer}\n{end}")
        }
        1 => {
            let (before, middle, after) = numbers.one(TOKENS);
            let count = numbers.one(&[1000, 30_000, 300_000]);
            let how = numbers.one(&[
                "eval(s)",
                "compile(s, 'x', 'exec')",
                "__import__('ast').parse(s)",
            ]);
            format!("s = {before:?} * {count} + {middle:?} + {after:?} * {count}\n{how}")
        }
        2 => numbers.one(SINKS).replace('S', numbers.one(SOURCES)),
        3 => format!("N = {}\n{}", numbers.one(SIZES), numbers.one(ALLOCATIONS)),
        4 | 5 => {
            let hook = numbers.one(HOOKS);
            let behaviour = numbers.one(BEHAVIOURS).replace('H', hook);
            let usage = numbers.one(USES);
            format!(
                "class E(Exception):\n  def {hook}(self, *a): {behaviour}\n  def __enter__(self): return self\ne = None\n{usage}"
            )
        }
        6 => format!("N = {}\n{}", numbers.one(SIZES), numbers.one(NATIVE)),
        _ => {
            let bytes: Vec<String> = (0..numbers.one(&[1, 4, 40, 400]))
                .map(|_| numbers.below(256).to_string())
                .collect();
            let length = numbers.one(&["len(b)", "7", "2**32 - 1", "65536"]);
            format!(
                "b = bytes([{}])\nos.write(3, ({length}).to_bytes(4, 'little') + b)\n{}",
                bytes.join(", "),
                numbers.one(&["while True: pass", "1", "os._exit(0)", "os.close(3)"]),
            )
        }
    }
}

/// How many programs run under one deadline.
const CHUNK: usize = 30;

#[test]
fn generated_programs_end_in_time_and_the_host_lives() {
    let count = std::env::var("PYT_TEST_ATTACKS").ok();
    let count: usize = count.and_then(|count| count.parse().ok()).unwrap_or(300);
    let numbers = Arc::new(Mutex::new(Numbers(SEED)));
    let seen = Arc::new(Mutex::new((Vec::new(), BTreeMap::<String, usize>::new())));
    for first in (0..count).step_by(CHUNK) {
        let (numbers, seen) = (numbers.clone(), seen.clone());
        let chunk = CHUNK.min(count - first);
        within(&format!("programs from {first}"), move || {
            for _ in 0..chunk {
                let code = program(&mut numbers.lock().unwrap());
                let (result, late) = run_after(&imports(&code), WALL, &code);
                let mut seen = seen.lock().unwrap();
                seen.0.push(late);
                *seen.1.entry(kind(&result)).or_default() += 1;
            }
        });
    }
    let (mut late, kinds) = std::mem::take(&mut *seen.lock().unwrap());
    late.sort_unstable();
    let at = |part: usize| late[(late.len() * part / 100).min(late.len() - 1)];
    println!("{kinds:?}");
    println!(
        "later than the limit: p50 {:?}, p99 {:?}, most {:?}",
        at(50),
        at(99),
        at(100)
    );
    // Nothing is left of them: another sandbox and this process are as ever.
    let limits = Limits::new().wall(SLACK);
    let sandbox = with(Runtime::builder().limits(limits), small())
        .build()
        .unwrap();
    assert_eq!(sandbox.eval::<i32>("6 * 7").unwrap(), 42);
}

fn kind(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => match error.kind() {
            ErrorKind::Limit(limit) => {
                let limit = format!("{limit:?}");
                format!("limit {}", limit.split('(').next().unwrap_or_default())
            }
            kind => format!("{kind:?}"),
        },
    }
}
