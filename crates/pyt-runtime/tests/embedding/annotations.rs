//! Annotations under a condition are recorded, however the code was compiled, and only in a set.

use pyt_runtime::{Isolation, Runtime};

/// Compiles and runs `PROGRAM` in each way that there is.
const WAYS: &str = "
import ast

def direct(text, scope): exec(text, scope)
def encoded(text, scope): exec(text.encode('latin-1'), scope)
def compiled(text, scope): exec(compile(text, 'f', 'exec'), scope)
def of_tree(text, scope): exec(compile(ast.parse(text), 'f', 'exec'), scope)
ways = [direct, encoded, compiled, of_tree]
";

const PROGRAM: &str = "
if 1:
    a: int = 1
else:
    b: int = 1
{*[1], 2}
{*[1], len('abc')}
for n in range(3):
    c: str
try:
    d: float
    1 / 0
    e: float
except ZeroDivisionError:
    f: bytes
class K:
    z: int
    if 1:
        a: int = 1
    else:
        b: int = 1
    with __import__('contextlib').nullcontext():
        c: list
    class L:
        while True:
            d: dict
            break
            e: dict
";

const CHECK: &str = "
def check(scope):
    kinds = __import__('annotationlib').get_annotations
    module = scope['__annotate__'](1)
    assert module == {'a': int, 'c': str, 'd': float, 'f': bytes}, module
    assert kinds(scope['K']) == {'z': int, 'a': int, 'c': list}, kinds(scope['K'])
    assert kinds(scope['K'].L) == {'d': dict}, kinds(scope['K'].L)
";

fn both() -> [Runtime; 2] {
    let isolated = Runtime::builder().isolated(Isolation::new());
    [Runtime::builder(), isolated].map(|builder| {
        let runtime = builder.build().unwrap();
        runtime.exec(&format!("{WAYS}{CHECK}")).unwrap();
        runtime
    })
}

#[test]
fn conditional_annotations_are_recorded_in_each_way_to_compile() {
    for runtime in both() {
        runtime.exec(PROGRAM).unwrap();
        runtime.exec("check(globals())").unwrap();
        let text = format!("PROGRAM = '''{PROGRAM}'''");
        runtime.exec(&text).unwrap();
        let each = "
for way in ways:
    scope = {}
    way(PROGRAM, scope)
    check(scope)
";
        runtime.exec(each).unwrap();
    }
}

#[test]
fn many_conditional_annotations_are_recorded() {
    for runtime in both() {
        let many = "
text = 'if 1:\\n' + ''.join(f'    x{n}: {n}\\n' for n in range(700))
scope = {}
exec(text, scope)
assert scope['__annotate__'](1) == {f'x{n}': n for n in range(700)}
";
        runtime.exec(many).unwrap();
    }
}

#[test]
fn conditional_annotations_are_recorded_while_code_is_watched() {
    for runtime in both() {
        let watched = "
import sys
events = []
def trace(frame, event, arg):
    frame.f_trace_opcodes = True
    events.append(event)
    return trace
sys.settrace(trace)
try:
    for way in ways:
        scope = {}
        way('if 1:\\n    a: int\\nclass K:\\n    if 1:\\n        b: str\\n', scope)
        assert scope['__annotate__'](1) == {'a': int}
        assert scope['K'].__annotations__ == {'b': str}
finally:
    sys.settrace(None)
assert 'opcode' in events and 'line' in events
";
        runtime.exec(watched).unwrap();
    }
}

#[test]
fn a_record_that_is_no_set_is_refused() {
    for runtime in both() {
        // Lists and dictionaries look for an item: what they raise is their own error.
        let refused = "
for value in ['5', '[]', '\"abc\"', '{}', 'frozenset()', 'object()', 'print', '1.5']:
    expected = {'[]': IndexError, '{}': KeyError}.get(value, TypeError)
    for way in ways:
        for text in [
            f'__conditional_annotations__ = {value}\\nif 1:\\n    x: int\\n',
            f'class K:\\n    __conditional_annotations__ = {value}\\n    if 1:\\n        x: int\\n',
        ]:
            try: way(text, {})
            except expected: pass
            else: assert False, (value, way)
";
        runtime.exec(refused).unwrap();
    }
}

#[test]
fn sets_have_no_items_to_delete() {
    for runtime in both() {
        let refused = "
import operator
class S(set): pass
for s in (set(), S(), {1, 2}):
    for act in (
        lambda: operator.delitem(s, 0),
        lambda: operator.setitem(s, 0, 1),
        lambda: exec('del s[1]', {'s': s}),
    ):
        before = set(s)
        try: act()
        except TypeError as error: assert 'item' in str(error), error
        else: assert False
        assert s == before
assert not hasattr(set, '__delitem__') and not hasattr(set, '__setitem__')
class D(set):
    def __delitem__(self, key): self.deleted = key
d = D()
del d[3]
assert d.deleted == 3 and not d
";
        runtime.exec(refused).unwrap();
    }
}
