//! Whether a text is compiled faster in pieces, or as a whole: by looking at its lines once.
//!
//! For pieces the whole text is parsed once more, which takes a tenth to a third of the time that
//! compiling most modules takes. As a whole, what grows with a square is small where a module has
//! few statements of its own, few functions, and no long displays outside of these.

/// More names of the module's, times functions and classes in which upstream looks for each.
const MOST_SEARCHES: usize = 20_000;
/// A display of more lines, or in a line of more bytes, has many constants.
const MOST_LINES: usize = 200;
const LONGEST_LINE: usize = 1000;

/// Strings of more than one line are looked at as if they were statements: then a text may be
/// compiled in pieces that would take less time as a whole.
pub(super) fn is_fast_as_a_whole(source: &str) -> bool {
    let (mut statements, mut scopes) = (0, 0);
    // How many lines the statement has so far, if it is one whose names and constants are the
    // module's.
    let mut lines = None;
    for line in source.lines() {
        if line.len() > LONGEST_LINE {
            return false;
        }
        let code = line.trim_ascii_start();
        scopes += usize::from(is_scope(code));
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let begins = code.len() == line.len() && !code.starts_with([')', ']', '}']);
        if begins {
            statements += 1;
            let is_own = !is_scope(code) && !code.starts_with('@');
            lines = is_own.then_some(0);
        } else if let Some(lines) = &mut lines {
            *lines += 1;
            if *lines > MOST_LINES {
                return false;
            }
        }
    }
    statements * scopes <= MOST_SEARCHES && statements <= MOST_LINES
}

fn is_scope(code: &str) -> bool {
    code.starts_with("def ") || code.starts_with("class ") || code.starts_with("async def ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_and_the_modules_is_compiled_in_pieces() {
        let function = "def f(x):\n    y = x\n    return y\n";
        assert!(is_fast_as_a_whole(&function.repeat(100)));
        assert!(!is_fast_as_a_whole(&function.repeat(200)));
        let class = format!("class C:\n{}", "    def f(self): pass\n".repeat(1000));
        assert!(is_fast_as_a_whole(&class));
        assert!(!is_fast_as_a_whole(&class.repeat(10)));
        let display = format!("x = [\n{}]\n", "    'a',\n".repeat(300));
        assert!(!is_fast_as_a_whole(&display));
        assert!(!is_fast_as_a_whole(&format!(
            "x = [{}]",
            "'a', ".repeat(300)
        )));
        assert!(!is_fast_as_a_whole(&"x = 1\n".repeat(300)));
        let long = format!("def f():\n{}", "    x = 1\n".repeat(3000));
        assert!(is_fast_as_a_whole(&long));
    }
}
