//! Completing names of `__main__`, and attributes after a dot: for prompts, notebooks and editors.

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    builtins::{PyList, PyStr},
};

use super::main_module::main_scope;
use crate::{Error, Python, Runtime};

/// What the word at the end of a text can become. Made by [`Runtime::complete`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completions {
    /// Where the part that a candidate replaces begins, in bytes. It ends where the text ends.
    pub start: usize,
    /// The candidates, sorted.
    pub candidates: Vec<String>,
}

impl Runtime {
    /// As [`Python::complete`].
    ///
    /// # Errors
    /// As there.
    pub fn complete(&self, text: &str) -> Result<Completions, Error> {
        self.try_enter(|py| py.complete(text))
    }
}

impl Python<'_> {
    /// What the name at the end of `text` can become: names of `__main__`, built-in names and
    /// keywords, or, after a dot, attributes. `text` is the source up to the cursor. Names with an
    /// underscore in front are candidates only after an underscore.
    ///
    /// Reads attributes of the objects that are named, and so may run code of properties. There are
    /// no candidates if that fails.
    ///
    /// ```
    /// # let runtime = pyt_runtime::Runtime::builder().build()?;
    /// runtime.exec("import math")?;
    /// let found = runtime.complete("print(math.fac")?;
    /// assert_eq!((found.start, found.candidates), (11, vec!["factorial".to_owned()]));
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Gone`](crate::ErrorKind::Gone) if the runtime has ended, and
    /// [`Stopped`](crate::ErrorKind::Stopped) or [`Limit`](crate::ErrorKind::Limit) if the call was
    /// ended.
    pub fn complete(self, text: &str) -> Result<Completions, Error> {
        self.attempt(|py| {
            let nothing = Completions {
                start: text.len(),
                candidates: Vec::new(),
            };
            Ok(complete(py.vm(), text).unwrap_or(nothing))
        })
    }
}

/// Completions of the word at the end of `text`. `None` if it does not end with one.
pub(crate) fn complete(vm: &VirtualMachine, text: &str) -> Option<Completions> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let start = text.rfind(|c| !is_word(c)).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let word = &text[start..];
    if word.is_empty() {
        return None;
    }
    let names = names(vm, word).unwrap_or_default();
    let begin = start + word.rfind('.').map_or(0, |dot| dot + 1);
    let prefix = &text[begin..];
    let mut candidates: Vec<String> = names
        .into_iter()
        .filter(|name| name.starts_with(prefix))
        .filter(|name| !name.starts_with('_') || prefix.starts_with('_'))
        .collect();
    candidates.sort_unstable();
    candidates.dedup();
    Some(Completions {
        start: begin,
        candidates,
    })
}

/// The names that may replace the last part of `word`. It reads attributes and calls no
/// functions.
fn names(vm: &VirtualMachine, word: &str) -> PyResult<Vec<String>> {
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

fn strings(list: &PyList) -> Vec<String> {
    let elements = list.borrow_vec();
    let names = elements
        .iter()
        .filter_map(|name| name.downcast_ref::<PyStr>());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}
