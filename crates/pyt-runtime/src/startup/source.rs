//! Compiling source text, and keeping it for tracebacks.

use pyt_modules::{
    Compilation, compile_corrected, compile_in_pieces, guards, mend_code, plain_text,
    with_ended_lines,
};
use pyt_vm::control::shielded;
use rustpython_vm::{
    AsObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode},
};

/// The start symbol of the grammar: CPython's `Py_single_input`, `Py_file_input` and
/// `Py_eval_input`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StartSymbol {
    /// One interactive statement, whose value is shown.
    Single = 256,
    /// A whole file.
    File = 257,
    /// One expression.
    Eval = 258,
}

const IGNORE_COOKIE: i32 = 0x0800;
const ONLY_AST: i32 = 0x0400;
const DONT_IMPLY_DEDENT: i32 = 0x0200;
const ALLOW_INCOMPLETE_INPUT: i32 = 0x4000;

/// Compiles text.
pub(crate) fn compile(
    vm: &VirtualMachine,
    text: &str,
    filename: &str,
    start: StartSymbol,
) -> PyResult<PyRef<PyCode>> {
    compile_with_flags(vm, text.as_bytes(), filename, start, IGNORE_COOKIE)
}

/// Parses text to an `ast.Module`.
pub(crate) fn parse(vm: &VirtualMachine, text: &str, filename: &str) -> PyResult {
    // The interpreter does not import the classes of the tree at its start: see `startup::ast`.
    vm.import("_ast", 0)?;
    let optimize = i32::from(vm.state.config.settings.optimize.min(2));
    vm.compile_string_object_with_flags(
        text.as_bytes(),
        filename,
        StartSymbol::File as i32,
        IGNORE_COOKIE | ONLY_AST,
        -1,
        optimize,
    )
}

/// Compiles the bytes of a file: UTF-8, or the encoding of its byte order mark or coding comment.
pub(crate) fn compile_bytes(
    vm: &VirtualMachine,
    bytes: &[u8],
    filename: &str,
) -> PyResult<PyRef<PyCode>> {
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(null_byte_error(vm, &bytes[..at], filename)?);
    }
    compile_with_flags(vm, bytes, filename, StartSymbol::File, 0)
}

/// The error for a null byte after `before`.
fn null_byte_error(
    vm: &VirtualMachine,
    before: &[u8],
    filename: &str,
) -> PyResult<PyBaseExceptionRef> {
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let error = vm.new_exception_msg(
        vm.ctx.exceptions.syntax_error.to_owned(),
        "source code cannot contain null bytes".into(),
    );
    let object = error.as_object();
    object.set_attr("filename", vm.ctx.new_str(filename), vm)?;
    object.set_attr("lineno", vm.ctx.new_int(line), vm)?;
    object.set_attr("text", vm.ctx.new_str("\n"), vm)?;
    Ok(error)
}

/// Compiles an interactive statement. Returns `None` if it continues on the next line: as in
/// `codeop`, a statement with a body ends at an empty line. `future` are the `__future__` flags of
/// the statements before.
pub(crate) fn compile_interactive(
    vm: &VirtualMachine,
    text: &str,
    filename: &str,
    future: i32,
) -> PyResult<Option<PyRef<PyCode>>> {
    let flags = IGNORE_COOKIE | DONT_IMPLY_DEDENT | future;
    let strict = |text: &str, more: i32| {
        compile_with_flags(
            vm,
            text.as_bytes(),
            filename,
            StartSymbol::Single,
            flags | more,
        )
    };
    if is_blank(text) {
        return strict("pass", 0).map(Some);
    }
    if let Err(error) = strict(text, ALLOW_INCOMPLETE_INPUT) {
        if !error.fast_isinstance(vm.ctx.exceptions.syntax_error) {
            return Err(error);
        }
        match strict(&format!("{text}\n"), ALLOW_INCOMPLETE_INPUT) {
            Ok(_) => return Ok(None),
            Err(error) if is_incomplete(vm, &error) => return Ok(None),
            Err(_) => {}
        }
    }
    strict(text, 0).map(Some)
}

/// Whether the text holds nothing but empty lines and comments.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with('#')
    })
}

fn is_incomplete(vm: &VirtualMachine, error: &PyBaseExceptionRef) -> bool {
    error.fast_isinstance(vm.ctx.exceptions.incomplete_input_error)
}

fn compile_with_flags(
    vm: &VirtualMachine,
    bytes: &[u8],
    filename: &str,
    start: StartSymbol,
    flags: i32,
) -> PyResult<PyRef<PyCode>> {
    guards::source::check(bytes, vm)?;
    let optimize = i32::from(vm.state.config.settings.optimize.min(2));
    let compile_by = |bytes: &[u8], flags: i32| {
        vm.compile_string_object_with_flags(bytes, filename, start as i32, flags, -1, optimize)
    };
    let compile = |bytes: &[u8]| compile_by(bytes, flags);
    let ignores_cookie = flags & IGNORE_COOKIE != 0;
    let code = match (start, plain_text(bytes, ignores_cookie)) {
        (StartSymbol::File, Some(text)) => {
            let to = Compilation::default();
            compile_corrected(text, to, vm, |text| {
                let code = compile_in_pieces(text, vm, &mut |piece, future| {
                    compile_by(piece.as_bytes(), flags | future | IGNORE_COOKIE)
                })?;
                code.map_or_else(|| compile(text.as_bytes()), |code| Ok(code.into()))
            })
        }
        (_, Some(text)) => compile(with_ended_lines(text).as_bytes()),
        _ => compile(bytes),
    };
    let code = code?
        .downcast::<PyCode>()
        .map_err(|_| vm.new_system_error("the compiler returned no code object"))?;
    mend_code(&code);
    Ok(code)
}

/// Keeps the source of code that is in no file, so that tracebacks show its lines.
pub(crate) fn remember(vm: &VirtualMachine, code: &PyRef<PyCode>, text: &str) {
    // If this fails, tracebacks only lack source lines. An exception from another thread must not
    // be lost with the failure.
    let keep = || {
        let register = linecache(vm)?.get_attr("_register_code", vm)?;
        let name = vm.ctx.new_str(code.source_path().as_str());
        register.call((code.clone(), vm.ctx.new_str(text), name), vm)
    };
    let _ = shielded(keep);
}

/// The module `linecache`. It is not imported by `builtins.__import__`, in the place of which the
/// program may have put a function of its own: it would run at each call of the host's.
fn linecache(vm: &VirtualMachine) -> PyResult {
    const NAME: &str = "linecache";
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.get_item(NAME, vm).or_else(|_| {
        let system = modules.get_item("_frozen_importlib", vm)?;
        system.get_attr("_gcd_import", vm)?.call((NAME,), vm)
    })
}

/// As [`remember`], under the name of a file that need not exist.
pub(crate) fn remember_file(vm: &VirtualMachine, filename: &str, text: &str) {
    let keep = || {
        let cache = linecache(vm)?.get_attr("cache", vm)?;
        let lines = text.lines().map(|line| {
            let line = vm.ctx.new_str(format!("{line}\n"));
            line.into()
        });
        // Without a modification time the entry is not compared with the file.
        let entry = vm.ctx.new_tuple(vec![
            vm.ctx.new_int(text.len()).into(),
            vm.ctx.none(),
            vm.ctx.new_list(lines.collect()).into(),
            vm.ctx.new_str(filename).into(),
        ]);
        cache.set_item(filename, entry.into(), vm)
    };
    let kept: PyResult<()> = keep();
    // If this fails, tracebacks only lack source lines.
    let _ = kept;
}

/// Removes the indentation that all lines have in common, as `python -c` does.
pub(crate) fn dedent(text: &str) -> String {
    let is_blank = |line: &str| line.chars().all(|c| c == ' ' || c == '\t');
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let margin = text
        .split('\n')
        .filter(|line| !is_blank(line))
        .map(|line| &line[..indent(line)])
        .reduce(|margin, next| {
            let same = margin.bytes().zip(next.bytes()).take_while(|(a, b)| a == b);
            &margin[..same.count()]
        })
        .map_or(0, str::len);
    let lines = text
        .split('\n')
        .map(|line| if is_blank(line) { "" } else { &line[margin..] });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{dedent, is_blank};

    #[test]
    fn dedent_takes_the_common_margin() {
        assert_eq!(dedent("  a\n    b\n  c"), "a\n  b\nc");
        assert_eq!(dedent("  a\n\n \n  b\n"), "a\n\n\nb\n");
        assert_eq!(dedent("a\n  b"), "a\n  b");
        assert_eq!(dedent("\ta\n    b"), "\ta\n    b");
        assert_eq!(dedent(""), "");
        assert_eq!(dedent("  é\n  ü"), "é\nü");
    }

    #[test]
    fn comments_are_blank() {
        assert!(is_blank("\n  # hello\n"));
        assert!(!is_blank("\n  x # hello\n"));
    }
}
