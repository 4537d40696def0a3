//! How deeply the syntax tree of a program may be nested, estimated from its text.
//!
//! Counts what makes one node the child of another: operators, brackets, keywords, blocks. The
//! count may be higher than what the parser makes of the text, but not lower. Nothing of the
//! interpreter is known here.

/// Words that make a node with children.
const NESTING_WORDS: [&[u8]; 13] = [
    b"and", b"async", b"await", b"case", b"else", b"for", b"from", b"if", b"in", b"is", b"lambda",
    b"not", b"or",
];

/// What is open at a place in the text.
enum Open {
    /// A bracket, with its items.
    Bracket(Items),
    /// A replacement field of an f-string or t-string.
    Field(Items),
    /// The literal part of an f-string or t-string, or of a format specification.
    Literal {
        quote: u8,
        triple: bool,
        is_raw: bool,
    },
}

/// What is known of the items between one pair of brackets, which commas separate.
#[derive(Clone, Copy, Default)]
struct Items {
    /// Nodes of the present item that may be nested in one another, but for those in brackets.
    own: usize,
    /// As `own`, of what a comma does not end: `lambda a, b: ...`.
    kept: usize,
    /// The deepest bracket in the present item.
    inner: usize,
    /// The deepest item before.
    deepest: usize,
}

impl Items {
    fn next_item(&mut self) {
        self.deepest = self.deepest.max(self.own + self.inner);
        self.own = 0;
        self.inner = 0;
    }

    fn depth(mut self) -> usize {
        self.next_item();
        self.deepest + self.kept
    }
}

/// An upper bound of the depth of the syntax tree of `source`.
pub(super) fn nesting(source: &[u8]) -> usize {
    Scanner::new(source).scan()
}

struct Scanner<'a> {
    source: &'a [u8],
    at: usize,
    /// The expression or statement outside of all brackets.
    line: Items,
    open: Vec<Open>,
    /// The indentations of the blocks around the present line, each with how many blocks in it are
    /// nested in one another: an `elif` is a child of the one before.
    blocks: Vec<(usize, usize)>,
    block_depth: usize,
    deepest: usize,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            at: 0,
            line: Items::default(),
            open: Vec::new(),
            blocks: Vec::new(),
            block_depth: 0,
            deepest: 0,
        }
    }

    fn scan(mut self) -> usize {
        self.begin_line();
        while let Some(&byte) = self.source.get(self.at) {
            if let Some(Open::Literal {
                quote,
                triple,
                is_raw,
            }) = self.open.last()
            {
                let (quote, triple, is_raw) = (*quote, *triple, *is_raw);
                self.literal(byte, quote, triple, is_raw);
                continue;
            }
            self.at += 1;
            self.code(byte);
        }
        self.end_line();
        self.deepest
    }

    /// The items that the present place belongs to.
    fn items(&mut self) -> &mut Items {
        let innermost = self.open.iter_mut().rev().find_map(|open| match open {
            Open::Bracket(items) | Open::Field(items) => Some(items),
            Open::Literal { .. } => None,
        });
        innermost.unwrap_or(&mut self.line)
    }

    fn code(&mut self, byte: u8) {
        match byte {
            b'#' => self.skip_to_line_end(),
            b'\\' => {
                let is_long = self.source[self.at..].starts_with(b"\r\n");
                self.at += if is_long { 2 } else { 1 };
            }
            b'\'' | b'"' => self.string(byte, &[]),
            b'(' | b'[' | b'{' => {
                self.items().own += 1;
                self.open.push(Open::Bracket(Items::default()));
            }
            b')' | b']' | b'}' => self.close(),
            b',' => {
                if self.open.is_empty() {
                    // In a `with` statement each item is nested in the one before.
                    self.line.own += 1;
                } else {
                    self.items().next_item();
                }
            }
            b';' if self.open.is_empty() => {
                self.note();
                self.line = Items::default();
            }
            b'\n' | b'\r' if self.open.is_empty() => {
                self.end_line();
                self.begin_line();
            }
            b':' if matches!(self.open.last(), Some(Open::Field(_))) => {
                // What follows may be a format specification: text in which fields stand. Within
                // brackets of the field it would be code.
                self.begin_specification();
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'<' | b'>'
            | b'.' | b':' => self.items().own += 1,
            _ if byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80 => self.word(),
            _ => {}
        }
    }

    fn word(&mut self) {
        let start = self.at - 1;
        let is_part = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric() || *byte >= 0x80;
        let length = self.source[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        self.at = start + length;
        let word = &self.source[start..self.at];
        if let Some(&quote @ (b'\'' | b'"')) = self.source.get(self.at)
            && word.len() <= 2
            && word.iter().all(|byte| b"rRbBuUfFtT".contains(byte))
        {
            self.at += 1;
            self.string(quote, word);
        } else if word[0].is_ascii_digit() {
            // A number, and perhaps a keyword after it: `1if a else 2`.
            self.items().own += 1;
        } else if word == b"lambda" {
            self.items().kept += 1;
        } else if NESTING_WORDS.contains(&word) {
            self.items().own += 1;
        }
    }

    /// A string, after its first quote.
    fn string(&mut self, quote: u8, prefix: &[u8]) {
        let triple = self.source[self.at..].starts_with(&[quote, quote]);
        if triple {
            self.at += 2;
        }
        let has = |letters: &[u8]| prefix.iter().any(|byte| letters.contains(byte));
        if has(b"fFtT") {
            let is_raw = has(b"rR");
            self.open.push(Open::Literal {
                quote,
                triple,
                is_raw,
            });
            return;
        }
        while let Some(&byte) = self.source.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' if !triple => return,
                _ if byte == quote && self.ends(quote, triple) => return,
                _ => {}
            }
        }
    }

    /// Whether the quote that was just read ends a string. Goes to its end.
    fn ends(&mut self, quote: u8, triple: bool) -> bool {
        if triple && !self.source[self.at..].starts_with(&[quote, quote]) {
            return false;
        }
        self.at += if triple { 2 } else { 0 };
        true
    }

    fn literal(&mut self, byte: u8, quote: u8, triple: bool, is_raw: bool) {
        self.at += 1;
        let next = self.source.get(self.at);
        match byte {
            // `\N{...}` is no field; taken for one, it counts as one.
            b'\\' if matches!(next, Some(b'{' | b'}')) => {}
            b'\\' if !is_raw || next == Some(&quote) => self.at += 1,
            b'{' if self.source.get(self.at) == Some(&b'{') => self.at += 1,
            b'{' => {
                self.items().own += 1;
                self.open.push(Open::Field(Items::default()));
            }
            // The end of a field whose format specification this is.
            b'}' if self.is_specification() => {
                self.open.pop();
                self.close();
            }
            b'\n' if !triple => {
                self.open.pop();
                self.at -= 1;
            }
            _ if byte == quote && self.ends(quote, triple) => {
                self.open.pop();
            }
            _ => {}
        }
    }

    /// Whether the innermost literal text is a format specification.
    fn is_specification(&self) -> bool {
        let below = self.open.len().checked_sub(2);
        matches!(below.map(|below| &self.open[below]), Some(Open::Field(_)))
    }

    fn begin_specification(&mut self) {
        let around = self.open.iter().rev().find_map(|open| match open {
            Open::Literal {
                quote,
                triple,
                is_raw,
            } => Some((*quote, *triple, *is_raw)),
            _ => None,
        });
        if let Some((quote, triple, is_raw)) = around {
            self.open.push(Open::Literal {
                quote,
                triple,
                is_raw,
            });
        }
    }

    /// The end of a bracket or field.
    fn close(&mut self) {
        if let Some(Open::Bracket(items) | Open::Field(items)) = self.open.pop() {
            let depth = items.depth();
            let around = self.items();
            around.inner = around.inner.max(depth);
        }
    }

    fn skip_to_line_end(&mut self) {
        let left = self.source[self.at..].iter();
        self.at += left
            .take_while(|byte| !matches!(byte, b'\n' | b'\r'))
            .count();
    }

    fn begin_line(&mut self) {
        let rest = &self.source[self.at..];
        let indent = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0c))
            .count();
        let rest = &rest[indent..];
        if matches!(rest.first(), None | Some(b'\n' | b'\r' | b'#')) {
            return;
        }
        while let Some((_, depth)) = self.blocks.pop_if(|(known, _)| *known > indent) {
            self.block_depth -= depth;
        }
        match self.blocks.last_mut() {
            Some((known, depth)) if *known == indent => {
                if rest.starts_with(b"elif") {
                    *depth += 1;
                    self.block_depth += 1;
                } else if !rest.starts_with(b"else") {
                    self.block_depth -= *depth - 1;
                    *depth = 1;
                }
            }
            _ => {
                self.blocks.push((indent, 1));
                self.block_depth += 1;
            }
        }
    }

    fn end_line(&mut self) {
        while !self.open.is_empty() {
            if matches!(self.open.last(), Some(Open::Literal { .. })) {
                self.open.pop();
            } else {
                self.close();
            }
        }
        self.note();
        self.line = Items::default();
    }

    fn note(&mut self) {
        self.deepest = self.deepest.max(self.block_depth + self.line.depth());
    }
}

#[cfg(test)]
mod tests {
    use super::nesting;

    fn depth(source: &str) -> usize {
        nesting(source.as_bytes())
    }

    #[test]
    fn what_nests_counts() {
        for (one, times) in [
            ("-1", "-"),
            ("1", "1+"),
            ("1", "not "),
            ("1", "lambda a, b: "),
            ("1", "f("),
            ("1", "x.y."),
            ("1", "1 if a else "),
            ("1", "1if 1else "),
            ("1", "not \\\r\n"),
            ("''", "f'{a:{"),
        ] {
            let source = times.repeat(500) + one;
            assert!(depth(&source) >= 500, "{times:?}: {}", depth(&source));
        }
        assert!(depth(&("if a: pass\n".to_owned() + &"elif a: pass\n".repeat(500))) >= 500);
        assert!(depth(&("with ".to_owned() + &"a,".repeat(500) + "a: pass")) >= 500);
        // A string within a field, in the quotes of the f-string that it stands in.
        assert!(depth(&format!("f\"{{\"a\"{}1}}\"", "-".repeat(500))) >= 500);
        assert!(depth(&format!("f\"{{x:{{'a'{}1}}}}\"", "-".repeat(500))) >= 500);
        assert!(depth(&format!("f'''{{\n\"a\"{}1}}'''", "-".repeat(500))) >= 500);
        let blocks: String = (0..500).map(|n| " ".repeat(n) + "if a:\n").collect();
        assert!(depth(&(blocks + &" ".repeat(500) + "pass")) >= 500);
    }

    #[test]
    fn what_stands_side_by_side_does_not() {
        let table = format!(
            "TABLE = {{\n{}}}\n",
            "    'a-b': (-1, 2 + 3),\n".repeat(5000)
        );
        assert!(depth(&table) < 20, "{}", depth(&table));
        let text = format!("x = '''{}'''\n", "----\n((((".repeat(5000));
        assert!(depth(&text) < 20, "{}", depth(&text));
        let lines = "a = b.c(d)[0] + 1\n".repeat(5000) + &"f(a); ".repeat(5000);
        assert!(depth(&lines) < 20, "{}", depth(&lines));
        let format = format!("x = f'{}'\n", "a-b{c}{{--}}".repeat(1000));
        assert!(depth(&format) < 1100, "{}", depth(&format));
    }

    #[test]
    fn any_text_is_read() {
        for text in [
            "", "'", "f'", "f'{", "f'{a:", "f'{a:}", ")", "}", "\\", "f'\\", "'''", "{:",
        ] {
            depth(text);
        }
    }
}
