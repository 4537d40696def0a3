//! The interactive prompt: reads statements, runs each, and keeps a history.
//!
//! On a terminal, lines are edited with `rustyline`, and a statement of several lines is one entry
//! of the history. Otherwise lines are read from standard input, with the prompts on standard
//! error. Other threads run while the prompt waits.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    builtins::{PyCode, PyList, PyStr},
    bytecode::CodeFlags,
    vm::thread::{allow_threads, attach_for_callback},
};
use rustyline::{
    Config, Context, Editor, completion::Completer, error::ReadlineError, highlight::Highlighter,
    hint::Hinter, history::FileHistory, validate::Validator,
};

use crate::{
    Options,
    api::main_module::main_scope,
    command::exit::{flush, show},
    startup::source,
};

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
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut reader = match is_terminal {
        true => match Terminal::new(vm, options) {
            Some(terminal) => LineReader::Terminal(Box::new(terminal)),
            None => LineReader::Plain,
        },
        false => LineReader::Plain,
    };
    let mut session = Statements {
        is_numbered: matches!(reader, LineReader::Terminal(_)),
        ..Statements::default()
    };
    loop {
        let prompt = session.prompt(vm);
        match reader.line(vm, &prompt) {
            ReadLine::Text(line) => {
                session.add(&line);
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

    fn add(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
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

fn future_flags(code: &PyCode) -> i32 {
    i32::try_from((code.code.flags & CodeFlags::FUTURE_MASK).bits()).unwrap_or(0)
}

enum ReadLine {
    Text(String),
    Interrupt,
    End,
    Failed(String),
}

enum LineReader<'vm> {
    Terminal(Box<Terminal<'vm>>),
    Plain,
}

impl LineReader<'_> {
    fn line(&mut self, vm: &VirtualMachine, prompt: &str) -> ReadLine {
        let line = match self {
            Self::Terminal(terminal) => allow_threads(vm, || terminal.line(prompt)),
            Self::Plain => allow_threads(vm, || plain_line(prompt)),
        };
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

    fn remember(&mut self, statement: String) {
        if let Self::Terminal(terminal) = self {
            // If this fails, the statement is only missing from the history.
            let _ = terminal.editor.add_history_entry(statement.trim_end());
        }
    }

    fn save(&mut self) {
        if let Self::Terminal(terminal) = self
            && let Some(path) = &terminal.history
        {
            if let Some(folder) = path.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            if let Err(error) = terminal.editor.save_history(path) {
                eprintln!("cannot save the history to {}: {error}", path.display());
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

struct Terminal<'vm> {
    editor: Editor<NameCompleter<'vm>, FileHistory>,
    history: Option<PathBuf>,
}

impl<'vm> Terminal<'vm> {
    fn new(vm: &'vm VirtualMachine, options: &Options) -> Option<Self> {
        let config = Config::builder()
            .auto_add_history(false)
            .completion_type(rustyline::CompletionType::List)
            .max_history_size(2000)
            .ok()?
            .build();
        let mut editor = Editor::with_config(config).ok()?;
        editor.set_helper(Some(NameCompleter { vm }));
        let history = history_path(options);
        if let Some(path) = &history {
            // There is no file the first time.
            let _ = editor.load_history(path);
        }
        Some(Self { editor, history })
    }

    fn line(&mut self, prompt: &str) -> ReadLine {
        match self.editor.readline(prompt) {
            Ok(line) => ReadLine::Text(line),
            Err(ReadlineError::Eof) => ReadLine::End,
            Err(ReadlineError::Interrupted) => ReadLine::Interrupt,
            Err(error) => ReadLine::Failed(error.to_string()),
        }
    }
}

/// The history's file: `PYTHON_HISTORY`, or `pyt/history` in the user's state folder.
fn history_path(options: &Options) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if !options.ignore_environment
        && let Some(path) = variable("PYTHON_HISTORY")
    {
        return Some(path.into());
    }
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(Path::new(&variable("HOME")?).join(".local/state")))?;
    Some(state.join("pyt").join("history"))
}

/// Completes names from the namespace of the prompt, and attributes after a dot.
struct NameCompleter<'vm> {
    vm: &'vm VirtualMachine,
}

impl NameCompleter<'_> {
    /// Completions of the word before the cursor, and where that word begins.
    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let start = line.rfind(|c| !is_word(c)).map_or(0, |at| {
            at + line[at..].chars().next().map_or(1, char::len_utf8)
        });
        let word = &line[start..];
        if word.is_empty() {
            return (start, vec!["    ".to_owned()]);
        }
        let names = attach_for_callback(self.vm, || self.names(word).unwrap_or_default());
        let begin = start + word.rfind('.').map_or(0, |dot| dot + 1);
        let prefix = &line[begin..];
        let mut found: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(prefix))
            .filter(|name| !name.starts_with('_') || prefix.starts_with('_'))
            .collect();
        found.sort_unstable();
        found.dedup();
        (begin, found)
    }

    /// The names that may replace the last part of `word`. It reads attributes and calls no
    /// functions.
    fn names(&self, word: &str) -> PyResult<Vec<String>> {
        let vm = self.vm;
        let globals = main_scope(vm)?.globals;
        let Some((path, _)) = word.rsplit_once('.') else {
            let mut names = Vec::new();
            for (name, _) in &globals {
                names.extend(
                    name.downcast_ref::<PyStr>()
                        .map(|n| n.to_string_lossy().into_owned()),
                );
            }
            names.extend(strings(&vm.dir(Some(vm.builtins.as_object().to_owned()))?));
            let keywords = vm.import("keyword", 0)?.get_attr("kwlist", vm)?;
            if let Some(keywords) = keywords.downcast_ref::<PyList>() {
                names.extend(strings(keywords));
            }
            return Ok(names);
        };
        let mut parts = path.split('.');
        let first = parts.next().unwrap_or_default();
        let mut object = match globals.get_item_opt(first, vm)? {
            Some(object) => object,
            None => vm.builtins.get_attr(&vm.ctx.new_str(first), vm)?,
        };
        for part in parts {
            object = object.get_attr(&vm.ctx.new_str(part), vm)?;
        }
        Ok(strings(&vm.dir(Some(object))?))
    }
}

fn strings(list: &PyList) -> Vec<String> {
    let elements = list.borrow_vec();
    let names = elements
        .iter()
        .filter_map(|name| name.downcast_ref::<PyStr>());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

impl Completer for NameCompleter<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.candidates(&line[..position]))
    }
}

impl Hinter for NameCompleter<'_> {
    type Hint = String;
}
impl Highlighter for NameCompleter<'_> {}
impl Validator for NameCompleter<'_> {}
impl rustyline::Helper for NameCompleter<'_> {}
