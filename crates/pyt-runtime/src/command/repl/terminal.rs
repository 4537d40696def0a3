//! Lines that are edited on a terminal with `rustyline`, with a history and completion.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use rustpython_vm::{VirtualMachine, vm::thread::attach_for_callback};
use rustyline::{
    Config, Context, Editor, completion::Completer, error::ReadlineError, highlight::Highlighter,
    hint::Hinter, history::FileHistory, validate::Validator,
};

use super::{INDENTATION, ReadLine, imports};
use crate::{Options, api::completion};

pub(super) struct Terminal<'vm> {
    editor: Editor<NameCompleter<'vm>, FileHistory>,
    history: Option<PathBuf>,
}

impl<'vm> Terminal<'vm> {
    /// `None` where there is no terminal.
    pub(super) fn new(vm: &'vm VirtualMachine, options: &Options) -> Option<Self> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
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

    pub(super) fn line(&mut self, prompt: &str, indentation: &str) -> ReadLine {
        let read = self.editor.readline_with_initial(prompt, (indentation, ""));
        match read {
            Ok(line) => ReadLine::Text(line),
            Err(ReadlineError::Eof) => ReadLine::End,
            Err(ReadlineError::Interrupted) => ReadLine::Interrupt,
            Err(error) => ReadLine::Failed(error.to_string()),
        }
    }

    pub(super) fn remember(&mut self, statement: &str) {
        // If this fails, the statement is only missing from the history.
        let _ = self.editor.add_history_entry(statement.trim_end());
    }

    pub(super) fn save(&mut self) {
        let Some(path) = &self.history else { return };
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        if let Err(error) = self.editor.save_history(path) {
            eprintln!("cannot save the history to {}: {error}", path.display());
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

/// Completes names of the prompt's namespace.
struct NameCompleter<'vm> {
    vm: &'vm VirtualMachine,
}

impl Completer for NameCompleter<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let text = &line[..position];
        let complete = || {
            let of_import = imports::complete(self.vm, text);
            of_import.or_else(|| {
                let found = completion::complete(self.vm, text)?;
                Some((found.start, found.candidates))
            })
        };
        let found = attach_for_callback(self.vm, complete);
        Ok(found.unwrap_or_else(|| (position, vec![INDENTATION.to_owned()])))
    }
}

impl Hinter for NameCompleter<'_> {
    type Hint = String;
}
impl Highlighter for NameCompleter<'_> {}
impl Validator for NameCompleter<'_> {}
impl rustyline::Helper for NameCompleter<'_> {}
