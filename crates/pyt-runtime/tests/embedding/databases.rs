//! SQLite and TLS in several runtimes of one process.

use pyt_runtime::{Isolation, Runtime};

/// Registers a converter and adapters under names and classes that all runtimes share, and says
/// what a row becomes.
const REGISTER: &str = "
import sqlite3
class Text(str): pass
sqlite3.register_converter('mine', lambda value: f'{OWNER}: {value.decode()}')
sqlite3.register_adapter(complex, lambda value: f'{OWNER} {value.real:g}')
sqlite3.register_adapter(float, lambda value: f'{OWNER} {value:g}')
def row():
    db = sqlite3.connect(':memory:', detect_types=sqlite3.PARSE_DECLTYPES)
    try:
        db.execute('create table t(a mine, b, c)')
        db.execute('insert into t values(?, ?, ?)', ('x', 1j + 2, 3.5))
        return db.execute('select * from t').fetchone()
    finally:
        db.close()
";

fn runtime(owner: &str) -> Runtime {
    let runtime = Runtime::builder().build().unwrap();
    runtime.set("OWNER", owner).unwrap();
    runtime
}

fn row(runtime: &Runtime) -> (String, String, String) {
    runtime.eval("row()").unwrap()
}

#[test]
fn converters_and_adapters_belong_to_their_runtime() {
    let [first, second, third] = ["first", "second", "third"].map(runtime);
    first.exec(REGISTER).unwrap();
    second.exec(REGISTER).unwrap();
    let expected = |owner: &str| {
        let value = |text: &str| format!("{owner}{text}");
        (value(": x"), value(" 2"), value(" 3.5"))
    };
    assert_eq!(row(&first), expected("first"));
    assert_eq!(row(&second), expected("second"));
    // One that has registered nothing gets what is stored, and an error for what cannot be.
    third
        .exec(
            "
import sqlite3
assert sorted(sqlite3.converters) == ['DATE', 'TIMESTAMP'], sqlite3.converters
assert complex not in [key[0] for key in sqlite3.adapters]
db = sqlite3.connect(':memory:', detect_types=sqlite3.PARSE_DECLTYPES)
db.execute('create table t(a mine)')
db.execute('insert into t values(?)', ('x',))
assert db.execute('select a from t').fetchone() == ('x',)
assert db.execute('select ?', (3.5,)).fetchone() == (3.5,)
try:
    db.execute('select ?', (1j,))
except sqlite3.ProgrammingError:
    pass
else:
    raise AssertionError('an adapter of another runtime was used')",
        )
        .unwrap();
    drop(first);
    assert_eq!(row(&second), expected("second"));
    second
        .exec(
            "
del sqlite3.converters['MINE']
sqlite3.adapters.clear()
try:
    row()
except sqlite3.ProgrammingError:
    sqlite3.converters['MINE'] = lambda value: 'again'
    sqlite3.register_adapter(complex, str)
    sqlite3.register_adapter(float, str)
else:
    raise AssertionError('the adapters are still there')",
        )
        .unwrap();
    let again = ("again", "(2+1j)", "3.5");
    let (a, b, c) = row(&second);
    assert_eq!((&*a, &*b, &*c), again);
}

#[test]
fn isolated_programs_have_neither_unless_granted() {
    let plain = Runtime::builder().isolated(Isolation::new());
    let plain = plain.build().unwrap();
    for module in ["ssl", "sqlite3"] {
        let error = plain.exec(&format!("import {module}")).unwrap_err();
        assert_eq!(
            error.type_name(),
            "ModuleNotFoundError",
            "{module}: {error}"
        );
    }
    let grants = Isolation::new()
        .network()
        .native_module("_ssl")
        .native_module("_sqlite3");
    let granted = Runtime::builder().isolated(grants).build().unwrap();
    granted
        .exec(
            "
import sqlite3, ssl
assert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)
assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED",
        )
        .unwrap();
}
