//! What has to work before the tier is trusted: loops that are entered in their middle, run in
//! registers, and left to the interpreter with all that they have computed.

use rustpython_vm::{Py, PyResult, VirtualMachine, builtins::PyCode, compiler::Mode};

const SOURCE: &str = "
def for_range(n):
    s = 0
    for i in range(3, n, 2):
        s += i * i % 7
    return s

def while_int(n):
    s = i = 0
    while i < n:
        s += i & 5
        i += 1
    return s

def while_float(n):
    x, i = 0.5, 0
    while i < n:
        x = x * 0.5 + 1.25
        i += 1
    return max(x, 0)

def overflow(n):
    x, i = 1, 0
    while i < n:
        x = x * 3
        i += 1
    return x

def generator(n):
    i = 0
    for k in range(n):
        if k % 100 == 99:
            yield i
        i += k

result = (
    for_range(2001), while_int(1000), while_float(1000), overflow(100),
    sum(generator(1000)), for_range(2001),
)
";

/// What CPython gives.
const EXPECTED: &str =
    "(2000, 2500, 2.5, 515377520732011331036461129765621272702107522001, 1916760, 2000)";

/// Whether the loops of a test give what they have to once the code is prepared, and ran in the
/// tier, which says how often loops were entered.
pub(crate) fn passes(
    prepare: impl FnOnce(&Py<PyCode>),
    entries: impl FnOnce() -> u64,
    vm: &VirtualMachine,
) -> PyResult<bool> {
    let scope = vm.new_scope_with_builtins();
    let code = vm
        .compile(SOURCE, Mode::Exec, "<pyt>")
        .map_err(|error| error.into_pyexception(vm, Some(SOURCE)))?;
    prepare(&code);
    vm.run_code_obj(code, scope.clone())?;
    let result = scope.globals.get_item("result", vm)?.repr(vm)?;
    Ok(result.to_string_lossy() == EXPECTED && entries() >= 6)
}
