//! Runs the Python code blocks of a document, one after the other, and captures what they print.
//!
//! It prints nothing: a [`Runner`] returns a [`Report`] for each block, and the host shows it.

mod capture;
mod fence;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine, scope::Scope};

pub use fence::{Block, Code, Statement, parse};

use crate::{
    Error, Runtime,
    api::main_module::main_scope,
    startup::source::{self, StartSymbol},
};
use capture::{BlockOutput, BlockStream};

/// A document with the blocks found in it.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    text: String,
    blocks: Vec<Block>,
}

impl Document {
    /// Finds the blocks of `text`. `name` is what tracebacks call it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name: name.into(),
            blocks: parse(&text),
            text,
        }
    }

    /// The blocks, in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The lines of the document with the code as it is run, without indentation and prompts:
    /// what the columns in a traceback refer to. Each ends with a newline.
    fn lines_as_run(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.text.lines().map(|line| format!("{line}\n")).collect();
        let mut put = |first: usize, code: &str| {
            for (line, code) in lines.iter_mut().skip(first - 1).zip(code.lines()) {
                *line = format!("{code}\n");
            }
        };
        for block in &self.blocks {
            match &block.code {
                Code::Script(code) => put(block.line + 1, code),
                Code::Session(statements) => {
                    for statement in statements {
                        put(statement.line, &statement.code);
                    }
                }
            }
        }
        lines
    }

    /// The name given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The result of a block.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the block printed, and what threads of earlier blocks printed while it ran.
    pub output: String,
    /// How many lines beyond the limit it printed, which are not in `output`.
    pub cut_lines: usize,
    /// What it raised. `sys.exit()` with status 0 is not an error.
    pub error: Option<Error>,
    /// How long it ran, in real time, joining its threads included.
    pub elapsed: Duration,
    /// How many daemon threads that it started were halted when it ended.
    pub stopped_threads: usize,
}

/// Runs blocks in one interpreter. Standard output and error are captured while it lives.
pub struct Runner<'r> {
    runtime: &'r Runtime,
    output: Arc<BlockOutput>,
    streams: Vec<(&'static str, PyObjectRef)>,
}

impl<'r> Runner<'r> {
    /// Redirects the streams of `runtime`. At most `max_lines` lines of a block are kept.
    ///
    /// # Errors
    /// If `sys` lacks its streams.
    pub fn new(runtime: &'r Runtime, max_lines: usize) -> Result<Self, Error> {
        let output = BlockOutput::new(max_lines);
        let streams = runtime.attempt(|vm| {
            let mut before = Vec::new();
            for (name, file, fd) in [("stdout", "<stdout>", 1), ("stderr", "<stderr>", 2)] {
                before.push((name, vm.sys_module.get_attr(name, vm)?));
                let stream = BlockStream::create(vm, output.clone(), file, fd);
                vm.sys_module.set_attr(name, stream, vm)?;
            }
            Ok(before)
        })?;
        Ok(Self {
            runtime,
            output,
            streams,
        })
    }

    /// Starts a new, empty `__main__`, and makes tracebacks show the lines of `document`.
    ///
    /// # Errors
    /// If `linecache` cannot be imported.
    pub fn begin(&self, document: &Document) -> Result<(), Error> {
        self.runtime.attempt(|vm| {
            vm.new_scope_with_main()?;
            let cache = vm.import("linecache", 0)?.get_attr("cache", vm)?;
            let lines = document.lines_as_run();
            let lines = lines
                .iter()
                .map(|line| vm.ctx.new_str(line.as_str()).into())
                .collect();
            let name = vm.ctx.new_str(document.name.as_str());
            let entry = vm.ctx.new_tuple(vec![
                vm.ctx.new_int(document.text.len()).into(),
                // Without a time, the entry is never checked against a file.
                vm.ctx.none(),
                vm.ctx.new_list(lines).into(),
                name.clone().into(),
            ]);
            cache.set_item(&*name, entry.into(), vm)
        })
    }

    /// Runs one block in `__main__`, joins its threads, and halts the daemon threads it started.
    ///
    /// Blocks until all of that is done; only Ctrl-C ends an endless block.
    #[must_use]
    pub fn run(&self, document: &Document, block: &Block) -> Report {
        let start = Instant::now();
        let (error, stopped_threads) = self.runtime.with_vm(|vm| {
            let state = self.runtime.state();
            let before = state.daemon_threads();
            let result = run_code(vm, &document.name, block);
            // After Ctrl-C the threads are not waited for either.
            let interrupted = result
                .as_ref()
                .is_err_and(|error| error.fast_isinstance(vm.ctx.exceptions.keyboard_interrupt));
            let joined = if interrupted {
                Ok(())
            } else {
                join_threads(vm)
            };
            let mut started = state.daemon_threads();
            started.retain(|ident| !before.contains(ident));
            state.stop_daemon_threads(vm, &started);
            let error = result.and(joined).err();
            let error = error.map(|error| Error::from_exception(vm, &error));
            (error, started.len())
        });
        let (output, cut_lines) = self.output.take();
        Report {
            output,
            cut_lines,
            error: error.filter(|error| error.kind() != crate::ErrorKind::Exit(0)),
            elapsed: start.elapsed(),
            stopped_threads,
        }
    }
}

impl Drop for Runner<'_> {
    /// Restores the streams.
    fn drop(&mut self) {
        let streams = std::mem::take(&mut self.streams);
        self.runtime.with_vm(|vm| {
            for (name, stream) in streams {
                // `sys` is a plain module; setting its attributes does not fail.
                let _ = vm.sys_module.set_attr(name, stream, vm);
            }
        });
    }
}

fn run_code(vm: &VirtualMachine, name: &str, block: &Block) -> PyResult<()> {
    let scope = main_scope(vm)?;
    match &block.code {
        Code::Script(code) => run_at(vm, &scope, name, block.line + 1, code, StartSymbol::File),
        Code::Session(statements) => {
            for statement in statements {
                let result = if statement.code.trim().is_empty() {
                    Ok(())
                } else {
                    let Statement { line, code, .. } = statement;
                    run_at(vm, &scope, name, *line, code, StartSymbol::Single)
                };
                match result {
                    Err(error) if statement.raises => vm.print_exception(&error),
                    other => other?,
                }
            }
            Ok(())
        }
    }
}

/// Runs code whose first line is line `line` of the document.
fn run_at(
    vm: &VirtualMachine,
    scope: &Scope,
    name: &str,
    line: usize,
    code: &str,
    start: StartSymbol,
) -> PyResult<()> {
    let padded = format!("{}{code}", "\n".repeat(line.saturating_sub(1)));
    let code = source::compile(vm, &padded, name, start)?;
    vm.run_code_obj(code, scope.clone()).map(drop)
}

/// Blocks until all threads that are not daemons have ended, including those started meanwhile.
fn join_threads(vm: &VirtualMachine) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let Ok(threading) = modules.get_item("threading", vm) else {
        return Ok(());
    };
    let current = vm.call_method(&threading, "current_thread", ())?;
    loop {
        let threads: Vec<PyObjectRef> = vm
            .call_method(&threading, "enumerate", ())?
            .try_into_value(vm)?;
        let mut joined_any = false;
        for thread in threads {
            let is_daemon = thread.get_attr("daemon", vm)?.is_true(vm)?;
            if !is_daemon && !thread.is(&current) {
                vm.call_method(&thread, "join", ())?;
                joined_any = true;
            }
        }
        if !joined_any {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn tracebacks_show_code_without_indentation_and_prompts() {
        let text = "- list\n\n  ```py\n  x\n    y\n  ```\n\n```pycon\n>>> a\n... b\n1\n```\n";
        let lines = Document::new("d.md", text).lines_as_run();
        let shown: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        let expected = [
            "- list", "", "  ```py", "x", "  y", "  ```", "", "```pycon", "a", "b", "1", "```",
        ];
        assert_eq!(shown, expected);
    }
}
