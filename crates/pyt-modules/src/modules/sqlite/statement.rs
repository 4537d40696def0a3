//! Compiled statements, and the statements that a connection keeps for their next use.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use rustpython_vm::{PyResult, VirtualMachine};

use super::{
    database::{Database, RawHandle},
    errors, values,
};

/// A statement. `handle` is `None` if the text has nothing but comments.
pub(super) struct Statement {
    pub(super) handle: Option<RawHandle>,
    /// Whether it changes rows, so that a transaction begins before it.
    pub(super) changes_rows: bool,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Statement")
    }
}

impl Statement {
    /// Compiles the one statement of `sql`.
    pub(super) fn compile(
        database: &Arc<Database>,
        sql: &str,
        vm: &VirtualMachine,
    ) -> PyResult<Self> {
        let limit = database.limit(libsqlite3_sys::SQLITE_LIMIT_SQL_LENGTH, -1);
        if usize::try_from(limit).is_ok_and(|limit| sql.len() > limit) {
            return Err(errors::data("query string is too large", vm));
        }
        let text = values::c_text(sql, vm)
            .map_err(|_| errors::programming("the query contains a null character", vm))?;
        let prepared = vm.allow_threads(|| database.prepare(&text));
        let (handle, taken) = prepared.map_err(|_| errors::last(database, vm))?;
        let rest = sql.as_bytes().get(taken..).unwrap_or_default();
        if handle.is_some() && first_word(rest).is_some() {
            let message = "You can only execute one statement at a time.";
            return Err(errors::programming(message, vm));
        }
        const CHANGING: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "REPLACE"];
        let begins = first_word(sql.as_bytes());
        let changes_rows = begins.is_some_and(|begins| {
            CHANGING.iter().any(|word| {
                let start = begins.get(..word.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            })
        });
        Ok(Self {
            handle,
            changes_rows,
        })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.handle.as_ref().is_some_and(RawHandle::is_busy)
    }

    pub(super) fn reset(&self, vm: &VirtualMachine) {
        if let Some(handle) = &self.handle {
            handle.reset(vm);
        }
    }
}

/// What follows the spaces and comments at the beginning of `sql`; `None` if nothing does.
fn first_word(sql: &[u8]) -> Option<&[u8]> {
    let mut rest = sql;
    loop {
        let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        rest = rest.get(spaces.count()..)?;
        let end: &[u8] = match rest {
            [] | [0, ..] => return None,
            [b'-', b'-', ..] => b"\n",
            [b'/', b'*', ..] => b"*/",
            _ => return Some(rest),
        };
        // The end of a comment is after its beginning.
        let body = rest.get(2..)?;
        let at = body.windows(end.len()).position(|part| part == end)?;
        rest = body.get(at + end.len()..)?;
    }
}

/// The statements that were used last, by their texts.
#[derive(Debug, Default)]
pub(super) struct Cache {
    capacity: usize,
    statements: HashMap<String, Arc<Statement>>,
    /// The texts, in the order in which they came.
    order: VecDeque<String>,
}

impl Cache {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    pub(super) fn get(&self, sql: &str) -> Option<Arc<Statement>> {
        self.statements.get(sql).cloned()
    }

    /// Keeps a statement, and returns what has no place any more.
    pub(super) fn keep(&mut self, sql: &str, statement: Arc<Statement>) -> Option<Arc<Statement>> {
        if self.capacity == 0 {
            return None;
        }
        let before = self.statements.insert(sql.to_owned(), statement);
        if before.is_some() {
            return before;
        }
        self.order.push_back(sql.to_owned());
        if self.order.len() <= self.capacity {
            return None;
        }
        let oldest = self.order.pop_front()?;
        self.statements.remove(&oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::first_word;

    #[test]
    fn comments_and_spaces_are_passed_over() {
        let word = |sql: &'static str| first_word(sql.as_bytes()).map(<[u8]>::to_vec);
        assert_eq!(word(" \n/* a */ -- b\nselect 1").unwrap(), b"select 1");
        assert_eq!(word("- 1").unwrap(), b"- 1");
        for nothing in ["", " ", "-- a", "/* a", "/*/", "/* a */  ", "--"] {
            assert_eq!(word(nothing), None, "{nothing:?}");
        }
    }
}
