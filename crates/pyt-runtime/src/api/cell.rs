//! Cells of notebooks: statements whose last expression's value is the result.
//!
//! The cell is split as a syntax tree, and no helper written in Python runs: tracebacks have the
//! cell's own frames only.

use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyList},
};

use super::{code, main_module::main_scope};
use crate::{Error, Python, Runtime, Value, startup::source};

/// The name of a cell in tracebacks.
const FILENAME: &str = "<cell>";

impl Runtime {
    /// As [`Python::exec_cell`].
    ///
    /// # Errors
    /// As there.
    pub fn exec_cell(&self, source: &str) -> Result<Option<Value>, Error> {
        self.try_enter(|py| py.exec_cell(source))
    }
}

impl Python<'_> {
    /// Runs a notebook's cell in the namespace of `__main__`, and returns the value of its last
    /// statement, if that is an expression with another value than `None`. Nothing is printed and
    /// `sys.displayhook` is not called: the host shows the value.
    ///
    /// ```
    /// # let runtime = pyt_runtime::Runtime::builder().build()?;
    /// assert!(runtime.exec_cell("width = 6")?.is_none());
    /// let area = runtime.exec_cell("height = 7\nwidth * height")?;
    /// assert_eq!(area.unwrap().repr()?, "42");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax), with nothing of the cell run; what the statements
    /// raise, `SystemExit` included.
    pub fn exec_cell(self, source: &str) -> Result<Option<Value>, Error> {
        self.attempt(|py| {
            let vm = py.vm();
            let (statements, last) = split(source, vm)?;
            if let Some(statements) = statements {
                code::run(statements.into(), main_scope(vm)?, vm)?;
            }
            let Some(last) = last else { return Ok(None) };
            let value = code::run(last.into(), main_scope(vm)?, vm)?;
            Ok((!vm.is_none(&value)).then(|| Value::from_object(py, value)))
        })
    }
}

type Part = Option<PyRef<PyCode>>;

/// The statements before a last expression, and that.
fn split(source: &str, vm: &VirtualMachine) -> PyResult<(Part, Part)> {
    let tree = source::parse(vm, source, FILENAME)?;
    let body = tree.get_attr("body", vm)?;
    let ast = vm.import("_ast", 0)?;
    let last = match body.downcast_ref::<PyList>() {
        Some(list) => list.borrow_vec().last().cloned(),
        None => return Err(vm.new_system_error("the tree of a cell has no body")),
    };
    let expression = ast.get_attr("Expr", vm)?;
    let last = last.filter(|last| last.class().is(&expression));
    let value = match last {
        Some(last) => {
            let value = last.get_attr("value", vm)?;
            if let Some(list) = body.downcast_ref::<PyList>() {
                list.borrow_vec_mut().pop();
            }
            Some(ast.get_attr("Expression", vm)?.call((value,), vm)?)
        }
        None => None,
    };
    let is_empty = body.length(vm)? == 0;
    // Both are compiled before any of it runs.
    let statements = match is_empty {
        true => None,
        false => Some(compile(tree, "exec", source, vm)?),
    };
    let value = match value {
        Some(value) => Some(compile(value, "eval", source, vm)?),
        None => None,
    };
    Ok((statements, value))
}

fn compile(
    tree: PyObjectRef,
    mode: &str,
    source: &str,
    vm: &VirtualMachine,
) -> PyResult<PyRef<PyCode>> {
    let compile = vm.builtins.get_attr("compile", vm)?;
    let code = compile.call((tree, FILENAME, mode), vm)?;
    let code = code
        .downcast()
        .map_err(|_| vm.new_system_error("the compiler returned no code object"))?;
    source::remember(vm, &code, source);
    Ok(code)
}
