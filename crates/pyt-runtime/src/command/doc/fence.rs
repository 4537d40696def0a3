//! Finds the fenced Python blocks of a Markdown or plain text document.
//!
//! Fences are CommonMark's: three or more backticks or tildes, closed by at least as many of the
//! same. Unlike there, a fence may be indented by any amount, as in lists, and its indentation is
//! removed from the lines inside. How blocks are run is not known here.

/// A Python block of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the opening fence, counted from 1.
    pub line: usize,
    /// What to run.
    pub code: Code,
    /// Whether the fence is closed. A block without a closing fence extends to the end of the
    /// document.
    pub closed: bool,
}

/// The code of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Statements, run as a whole. The first is in the line after the fence.
    Script(String),
    /// The statements typed at a prompt, without the prompts and the output.
    Session(Vec<Statement>),
}

/// One statement typed at a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The line of the document that the statement begins in, counted from 1.
    pub line: usize,
    /// The statement.
    pub code: String,
    /// Whether the document shows a traceback as its output.
    pub raises: bool,
}

struct Fence {
    marker: char,
    length: usize,
    indent: usize,
    language: String,
    line: usize,
}

/// Finds the blocks marked `python`, `py`, `python3` or `pycon`, in any case.
#[must_use]
pub fn parse(text: &str) -> Vec<Block> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut blocks = Vec::new();
    let mut open: Option<(Fence, Vec<&str>)> = None;
    for (index, line) in text.lines().enumerate() {
        match open.take() {
            Some((fence, lines)) if closes(&fence, line) => {
                blocks.extend(block(fence, &lines, true));
            }
            Some((fence, mut lines)) => {
                lines.push(without_indent(line, fence.indent));
                open = Some((fence, lines));
            }
            None => open = opening(line, index + 1).map(|fence| (fence, Vec::new())),
        }
    }
    if let Some((fence, lines)) = open {
        blocks.extend(block(fence, &lines, false));
    }
    blocks
}

fn opening(line: &str, number: usize) -> Option<Fence> {
    let rest = line.trim_start_matches([' ', '\t']);
    let marker = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = rest.trim_start_matches(marker);
    let length = rest.len() - info.len();
    // Backticks in the info string make it inline code.
    if length < 3 || (marker == '`' && info.contains('`')) {
        return None;
    }
    Some(Fence {
        marker,
        length,
        indent: line.len() - rest.len(),
        language: language(info),
        line: number,
    })
}

/// The first word of an info string, also as `{.python}` or `python,ignore`.
fn language(info: &str) -> String {
    let info = info.trim().trim_start_matches(['{', '.']);
    let end = info
        .find([' ', '\t', ',', '}', ':', ';'])
        .unwrap_or(info.len());
    info[..end].to_lowercase()
}

fn closes(fence: &Fence, line: &str) -> bool {
    let line = line.trim();
    line.len() >= fence.length && line.chars().all(|c| c == fence.marker)
}

fn without_indent(line: &str, indent: usize) -> &str {
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    &line[blanks.min(indent)..]
}

fn block(fence: Fence, lines: &[&str], closed: bool) -> Option<Block> {
    let is_session = match fence.language.as_str() {
        "pycon" => true,
        "python" | "py" | "python3" => lines
            .iter()
            .find(|line| !line.trim().is_empty())
            .is_some_and(|line| prompt(line, ">>>").is_some()),
        _ => return None,
    };
    let code = if is_session {
        Code::Session(statements(lines, fence.line + 1))
    } else {
        let mut script = lines.join("\n");
        script.push('\n');
        Code::Script(script)
    };
    Some(Block {
        line: fence.line,
        code,
        closed,
    })
}

fn statements(lines: &[&str], first: usize) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let mut may_continue = false;
    for (index, line) in lines.iter().enumerate() {
        if let Some(code) = prompt(line, ">>>") {
            found.push(Statement {
                line: first + index,
                code: format!("{code}\n"),
                raises: false,
            });
            may_continue = true;
        } else if let Some(statement) = found.last_mut() {
            match prompt(line, "...") {
                Some(code) if may_continue => {
                    statement.code.push_str(code);
                    statement.code.push('\n');
                }
                _ => {
                    may_continue = false;
                    statement.raises |= line.starts_with("Traceback (most recent call last):");
                }
            }
        }
    }
    found
}

/// The rest of the line after the prompt `sign`, if it has that prompt.
fn prompt<'a>(line: &'a str, sign: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(sign)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(text: &str) -> Vec<(usize, String)> {
        parse(text)
            .into_iter()
            .map(|block| match block.code {
                Code::Script(code) => (block.line, code),
                Code::Session(statements) => (block.line, format!("{statements:?}")),
            })
            .collect()
    }

    #[test]
    fn languages_in_any_case_and_with_attributes() {
        for info in [
            "python",
            "py",
            "Python3",
            " PYTHON title=\"x\"",
            "{.python}",
            "py,ignore",
        ] {
            let text = format!("a\n\n```{info}\nx = 1\n```\n");
            assert_eq!(scripts(&text), [(3, "x = 1\n".to_owned())], "{info}");
        }
        for info in ["", "rust", "pythonic", "sh", "json"] {
            assert_eq!(scripts(&format!("```{info}\nx = 1\n```\n")), [], "{info}");
        }
    }

    #[test]
    fn a_fence_closes_with_its_own_kind_and_length() {
        let text = "````python\na\n```\n~~~~\nb\n`````\n~~~py\nc\n```\n~~~\n";
        let expected = [
            (1, "a\n```\n~~~~\nb\n".to_owned()),
            (7, "c\n```\n".to_owned()),
        ];
        assert_eq!(scripts(text), expected);
    }

    #[test]
    fn fences_inside_other_fences_are_text() {
        assert_eq!(scripts("````markdown\n```python\nx\n```\n````\n"), []);
    }

    #[test]
    fn inline_code_is_no_fence() {
        assert_eq!(scripts("```python``` is a fence\n```py\nx\n```\n").len(), 1);
        assert_eq!(scripts("``python\nx\n``\n"), []);
    }

    #[test]
    fn the_indentation_of_the_fence_is_taken_off() {
        let text = "- item\n\n    ```python\n    if x:\n        y\n  z\n\n    ```\n";
        assert_eq!(scripts(text), [(3, "if x:\n    y\nz\n\n".to_owned())]);
    }

    #[test]
    fn an_unclosed_fence_goes_to_the_end() {
        let blocks = parse("text\n```python\nx = 1\n");
        assert_eq!(blocks.len(), 1);
        assert!(!blocks[0].closed);
        assert_eq!(blocks[0].code, Code::Script("x = 1\n".to_owned()));
        assert!(parse("```python\n```")[0].closed);
        assert_eq!(parse("```python")[0].code, Code::Script("\n".to_owned()));
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark() {
        assert_eq!(
            scripts("\u{feff}```py\r\nx\r\n```\r\n"),
            [(1, "x\n".to_owned())]
        );
    }

    #[test]
    fn a_session_loses_prompts_and_answers() {
        let text = "```pycon\n>>> if x:\n...     y\n...\n1\n... no\n>>> 1/0\n\
                    Traceback (most recent call last):\n>>>\n```\n";
        let [block] = &parse(text)[..] else {
            panic!("one block")
        };
        let Code::Session(statements) = &block.code else {
            panic!("a session")
        };
        let seen: Vec<_> = statements
            .iter()
            .map(|s| (s.line, s.code.as_str(), s.raises))
            .collect();
        assert_eq!(
            seen,
            [
                (2, "if x:\n    y\n\n", false),
                (7, "1/0\n", true),
                (9, "\n", false)
            ]
        );
    }

    #[test]
    fn prompts_make_a_session_of_a_python_block() {
        let [block] = &parse("```python\n\n>>> 1\n```")[..] else {
            panic!("one block")
        };
        assert!(matches!(&block.code, Code::Session(s) if s.len() == 1 && s[0].line == 3));
    }

    #[test]
    fn no_text_no_blocks() {
        assert_eq!(parse(""), []);
        assert_eq!(parse("\n\n"), []);
    }
}
