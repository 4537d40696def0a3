//! The interactive prompt: reads statements, runs each, and keeps a history.
//!
//! On a terminal, and with the feature `repl`, lines are edited ([`terminal`]), and a statement of
//! several lines is one entry of the history. Otherwise lines are read from standard input, with
//! the prompts on standard error. Other threads run while the prompt waits.

#[cfg(feature = "repl")]
mod imports;
#[cfg(feature = "repl")]
mod terminal;

use std::io::{BufRead, Write};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyCode},
    bytecode::CodeFlags,
    vm::thread::allow_threads,
};

use crate::{
    Options,
    api::main_module::main_scope,
    command::exit::{flush, show},
    startup::source,
};

/// Names that are calls at a prompt on a terminal, unless the program has given them a value.
const COMMANDS: [(&str, &str); 4] = [
    ("exit", "exit()"),
    ("quit", "quit()"),
    ("help", "help()"),
    ("copyright", "copyright()"),
];

/// What the lines of a block begin with, and what the tab key gives where there is nothing to
/// complete.
const INDENTATION: &str = "    ";

/// Runs the file that `PYTHONSTARTUP` names, in the namespace of the prompt.
pub(crate) fn startup(vm: &VirtualMachine, options: &Options) -> PyResult<()> {
    if options.ignore_environment {
        return Ok(());
    }
    let Some(path) = std::env::var_os("PYTHONSTARTUP").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let name = path.to_string_lossy();
    let result = match std::fs::read(&path) {
        Ok(bytes) => source::compile_bytes(vm, &bytes, &name)
            .and_then(|code| vm.run_code_obj(code, main_scope(vm)?).map(drop)),
        Err(error) => {
            eprintln!("Could not open PYTHONSTARTUP\n{error}: {name:?}");
            Ok(())
        }
    };
    match result {
        Err(error) if !error.fast_isinstance(vm.ctx.exceptions.system_exit) => {
            show(vm, &error);
            Ok(())
        }
        other => other,
    }
}

/// Reads and runs statements until the end of input. `SystemExit` is returned as an error.
pub(crate) fn interact(vm: &VirtualMachine, options: &Options) -> PyResult<()> {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if vm.sys_module.get_attr(name, vm).is_err() {
            vm.sys_module.set_attr(name, vm.ctx.new_str(prompt), vm)?;
        }
    }
    let mut reader = LineReader::new(vm, options);
    let mut session = Statements {
        is_numbered: reader.is_terminal(),
        ..Statements::default()
    };
    loop {
        let prompt = session.prompt(vm);
        match reader.line(vm, &prompt, &session.indentation()) {
            ReadLine::Text(line) => {
                match session.command(&line, vm) {
                    Some(command) => session.add(command),
                    None => session.add(&line),
                }
                let outcome = session.try_run(vm);
                if session.is_complete() {
                    reader.remember(session.take());
                }
                if let Err(error) = outcome {
                    if error.fast_isinstance(vm.ctx.exceptions.system_exit) {
                        reader.save();
                        return Err(error);
                    }
                    flush(vm, "stdout");
                    show(vm, &error);
                }
            }
            ReadLine::Interrupt => {
                session.take();
                eprintln!("KeyboardInterrupt");
            }
            ReadLine::End => break,
            ReadLine::Failed(reason) => {
                eprintln!("cannot read the next line: {reason}");
                break;
            }
        }
        flush(vm, "stdout");
        flush(vm, "stderr");
    }
    eprintln!();
    reader.save();
    Ok(())
}

/// The statement being entered, and what persists between statements.
#[derive(Default)]
struct Statements {
    text: String,
    is_complete: bool,
    /// Whether each statement has a file name of its own, so that a traceback can show lines of
    /// several statements; as CPython on terminals.
    is_numbered: bool,
    count: usize,
    future: i32,
}

impl Statements {
    fn prompt(&self, vm: &VirtualMachine) -> String {
        let name = if self.text.is_empty() { "ps1" } else { "ps2" };
        let prompt = vm
            .sys_module
            .get_attr(name, vm)
            .and_then(|prompt| prompt.str(vm));
        prompt.map_or_else(
            |_| String::new(),
            |text| text.to_string_lossy().into_owned(),
        )
    }

    /// The call that a line stands for at a prompt on a terminal, where a name alone is enough.
    fn command(&self, line: &str, vm: &VirtualMachine) -> Option<&'static str> {
        if !self.is_numbered || !self.text.is_empty() {
            return None;
        }
        let (name, call) = COMMANDS
            .into_iter()
            .find(|(name, _)| *name == line.trim())?;
        let scope = main_scope(vm).ok()?;
        (!scope.globals.contains_key(name, vm)).then_some(call)
    }

    /// What the next line begins with on a terminal: as much as the last one does, and more behind
    /// a colon.
    fn indentation(&self) -> String {
        if !self.is_numbered || self.text.is_empty() {
            return String::new();
        }
        let last = self.text.lines().next_back().unwrap_or_default();
        let end = last.len() - last.trim_start_matches([' ', '\t']).len();
        let mut indentation = last[..end].to_owned();
        if last
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim_end()
            .ends_with(':')
        {
            indentation += INDENTATION;
        }
        indentation
    }

    fn add(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // A line that has the indentation alone ends a statement, as an empty one does.
        self.text
            .push_str(if line.trim().is_empty() { "" } else { line });
        if line.contains('\n') {
            // A whole statement of the history: it ends here.
            self.text.push('\n');
        }
        self.is_complete = false;
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Clears the statement and returns its text.
    fn take(&mut self) -> String {
        self.is_complete = false;
        std::mem::take(&mut self.text)
    }

    fn try_run(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        let filename = match self.is_numbered {
            true => format!("<python-input-{}>", self.count),
            false => "<stdin>".to_owned(),
        };
        let code = match source::compile_interactive(vm, &self.text, &filename, self.future) {
            Ok(None) => return Ok(()),
            Ok(Some(code)) => code,
            Err(error) => {
                self.is_complete = true;
                if self.is_numbered && are_several(&error, vm) {
                    self.count += 1;
                    return self.run_each(&filename, vm);
                }
                return Err(error);
            }
        };
        self.is_complete = true;
        self.count += 1;
        self.future |= future_flags(&code);
        source::remember(vm, &code, &self.text);
        vm.run_code_obj(code, main_scope(vm)?).map(drop)
    }
}

/// Whether an error says that a text has several statements.
fn are_several(error: &Py<PyBaseException>, vm: &VirtualMachine) -> bool {
    let message = error.as_object().get_attr("msg", vm);
    let message = message.and_then(|message| message.str(vm));
    message.is_ok_and(|message| {
        let several = "multiple statements found while compiling a single statement";
        message.to_str() == Some(several)
    })
}

impl Statements {
    /// Runs statements that were pasted at once. The value of the last one is shown.
    fn run_each(&self, filename: &str, vm: &VirtualMachine) -> PyResult<()> {
        let tree = source::parse(vm, &self.text, filename)?;
        let body = tree.get_attr("body", vm)?;
        let body: Vec<PyObjectRef> = body.try_to_value(vm)?;
        let classes = vm.import("_ast", 0)?;
        let compile = vm.builtins.get_attr("compile", vm)?;
        for (index, statement) in body.iter().enumerate() {
            let statements = vm.ctx.new_list(vec![statement.clone()]);
            let is_last = index + 1 == body.len();
            let (tree, mode) = if is_last {
                let class = classes.get_attr("Interactive", vm)?;
                (class.call((statements,), vm)?, "single")
            } else {
                let ignored = vm.ctx.new_list(Vec::new());
                let class = classes.get_attr("Module", vm)?;
                (class.call((statements, ignored), vm)?, "exec")
            };
            let code = compile.call((tree, vm.ctx.new_str(filename), mode), vm)?;
            let Ok(code) = code.downcast::<PyCode>() else {
                return Err(vm.new_system_error("the compiler returned no code object"));
            };
            source::remember(vm, &code, &self.text);
            vm.run_code_obj(code, main_scope(vm)?)?;
        }
        Ok(())
    }
}

fn future_flags(code: &PyCode) -> i32 {
    i32::try_from((code.code.flags & CodeFlags::FUTURE_MASK).bits()).unwrap_or(0)
}

enum ReadLine {
    Text(String),
    Interrupt,
    End,
    Failed(String),
}

struct LineReader<'vm> {
    /// Absent where lines are not edited.
    #[cfg(feature = "repl")]
    terminal: Option<terminal::Terminal<'vm>>,
    #[cfg(not(feature = "repl"))]
    terminal: std::marker::PhantomData<&'vm ()>,
}

#[cfg(feature = "repl")]
impl<'vm> LineReader<'vm> {
    fn new(vm: &'vm VirtualMachine, options: &Options) -> Self {
        Self {
            terminal: terminal::Terminal::new(vm, options),
        }
    }

    fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    fn read(&mut self, prompt: &str, indentation: &str) -> ReadLine {
        match &mut self.terminal {
            Some(terminal) => terminal.line(prompt, indentation),
            None => plain_line(prompt),
        }
    }

    fn remember(&mut self, statement: String) {
        if let Some(terminal) = &mut self.terminal {
            terminal.remember(&statement);
        }
    }

    fn save(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.save();
        }
    }
}

#[cfg(not(feature = "repl"))]
impl<'vm> LineReader<'vm> {
    fn new(_vm: &'vm VirtualMachine, _options: &Options) -> Self {
        Self {
            terminal: std::marker::PhantomData,
        }
    }

    fn is_terminal(&self) -> bool {
        false
    }

    fn read(&mut self, prompt: &str, _indentation: &str) -> ReadLine {
        plain_line(prompt)
    }

    fn remember(&mut self, _statement: String) {}

    fn save(&mut self) {}
}

impl LineReader<'_> {
    fn line(&mut self, vm: &VirtualMachine, prompt: &str, indentation: &str) -> ReadLine {
        let line = allow_threads(vm, || self.read(prompt, indentation));
        // Handles signals that arrived while the prompt waited.
        match vm.check_signals() {
            Ok(()) => line,
            Err(error) if error.fast_isinstance(vm.ctx.exceptions.keyboard_interrupt) => {
                ReadLine::Interrupt
            }
            Err(error) => {
                show(vm, &error);
                line
            }
        }
    }
}

fn plain_line(prompt: &str) -> ReadLine {
    eprint!("{prompt}");
    // Reading goes on even if the prompt cannot be shown.
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => ReadLine::End,
        Ok(_) => ReadLine::Text(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => ReadLine::Interrupt,
        Err(error) => ReadLine::Failed(error.to_string()),
    }
}
