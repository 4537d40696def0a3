//! Which modules of its own crate a Rust file names: a reader of tokens, no compiler.
//!
//! Test code is left out, and so are comments and strings. Names that macros put together are not
//! seen.

use std::collections::BTreeMap;

/// A path as it stands in the source, made absolute: segments below the crate's root.
pub(crate) type Segments = Vec<String>;

/// What one file says.
#[derive(Default, Debug)]
pub(crate) struct Source {
    /// Paths that are used, whether they are imported or written out.
    pub(crate) used: Vec<Segments>,
    /// `pub use`, in any visibility: the name here, and what it stands for.
    pub(crate) exported: Vec<(String, Segments)>,
    /// `mod name;` that is compiled for tests only.
    pub(crate) test_modules: Vec<String>,
}

/// Reads the file of the module at `module`; `children` are the modules that have files below it.
pub(crate) fn read(text: &str, module: &[String], children: &[String]) -> Source {
    let mut source = Source::default();
    let tokens = without_tests(&tokens(text), &mut source.test_modules);
    Reader {
        tokens: &tokens,
        at: 0,
        module: module.to_vec(),
        children,
        source: &mut source,
        aliases: BTreeMap::new(),
    }
    .file();
    source
}

/// Identifiers and punctuation; `::` is one token.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if char == '/' && next == Some('/') {
            at = end_of(&chars, at, |rest| rest[0] == '\n');
        } else if char == '/' && next == Some('*') {
            at = end_of_block_comment(&chars, at);
        } else if let Some(end) = end_of_raw_string(&chars, at) {
            at = end;
        } else if char == '"' || is_char_literal(&chars[at..]) {
            at = end_of_quoted(&chars, at);
        } else if is_word(char) {
            let end = end_of(&chars, at, |rest| !is_word(rest[0]));
            tokens.push(chars[at..end].iter().collect());
            at = end;
        } else if char == ':' && next == Some(':') {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !char.is_whitespace() {
                tokens.push(char.to_string());
            }
            at += 1;
        }
    }
    tokens
}

/// True for `'a'` and `'\\n'`, false for a lifetime.
fn is_char_literal(rest: &[char]) -> bool {
    matches!(rest, ['\'', '\\', ..] | ['\'', _, '\'', ..])
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn end_of(chars: &[char], from: usize, is_end: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len())
        .find(|&at| is_end(&chars[at..]))
        .unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut at = from;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Past `r"..."`, `r#"..."#`, `br"..."`, if one begins at `from`.
fn end_of_raw_string(chars: &[char], from: usize) -> Option<usize> {
    if from > 0 && is_word(chars[from - 1]) {
        return None;
    }
    let r = if chars.get(from) == Some(&'b') {
        from + 1
    } else {
        from
    };
    if chars.get(r) != Some(&'r') {
        return None;
    }
    let hashes = chars[r + 1..]
        .iter()
        .take_while(|char| **char == '#')
        .count();
    let quote = r + 1 + hashes;
    if chars.get(quote) != Some(&'"') {
        return None;
    }
    let closes = |rest: &[char]| {
        rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|char| *char == '#')
    };
    Some((end_of(chars, quote + 1, closes) + 1 + hashes).min(chars.len()))
}

fn end_of_quoted(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != chars[from] {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The tokens without the items that stand under `#[cfg(test)]` or `#[cfg(all(test, ...))]`.
fn without_tests(tokens: &[String], test_modules: &mut Vec<String>) -> Vec<String> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at = end_of_group(tokens, at + 1);
        let item = at;
        // The item ends at its first semicolon or with its first block, whichever comes first.
        while at < tokens.len() && tokens[at] != ";" && tokens[at] != "{" {
            at = if tokens[at] == "(" || tokens[at] == "[" {
                end_of_group(tokens, at)
            } else {
                at + 1
            };
        }
        if tokens.get(at).is_some_and(|token| token == ";") {
            let name = tokens[item..at]
                .iter()
                .skip_while(|token| *token != "mod")
                .nth(1);
            test_modules.extend(name.cloned());
            at += 1;
        } else {
            at = end_of_group(tokens, at);
        }
    }
    kept
}

fn is_test_attribute(tokens: &[String]) -> bool {
    let [hash, bracket, cfg, open, condition @ ..] = tokens else {
        return false;
    };
    let is_cfg = hash == "#" && bracket == "[" && cfg == "cfg" && open == "(";
    is_cfg
        && match condition {
            [first, ..] if first == "test" => true,
            [all, _, first, ..] => all == "all" && first == "test",
            _ => false,
        }
}

/// Past the group that begins at `from`.
fn end_of_group(tokens: &[String], from: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

struct Reader<'file> {
    tokens: &'file [String],
    at: usize,
    module: Segments,
    children: &'file [String],
    source: &'file mut Source,
    /// What imports bound: `a` to `crate::b::a`, for paths that begin with `a::`.
    aliases: BTreeMap<String, Segments>,
}

impl Reader<'_> {
    fn file(mut self) {
        // Imports may stand below what they serve, so they are read first.
        for imports in [true, false] {
            self.at = 0;
            self.block(imports);
        }
    }

    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    /// Up to the end of the block or file. Inner modules extend the module's path.
    fn block(&mut self, imports: bool) {
        let mut depth = 0;
        let mut inner: Vec<(i32, Segments)> = Vec::new();
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "mod" if self.peek(2) == "{" => {
                    let outer = self.module.clone();
                    self.module.push(self.peek(1).to_owned());
                    inner.push((depth, outer));
                    self.at += 1;
                }
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if inner.last().is_some_and(|(at, _)| *at == depth) {
                        self.module = inner.pop().map(|(_, outer)| outer).unwrap_or_default();
                    }
                }
                // `use<'a>` in a bound is no import.
                "use" if self.peek(1) != "<" => {
                    let exported = self.follows_visibility();
                    self.at += 1;
                    self.import(imports, exported, &mut Vec::new());
                    continue;
                }
                _ if !imports && self.peek(1) == "::" && !self.is_inside_path() => {
                    let path = self.path();
                    if let Some(path) = self.absolute(&path) {
                        self.source.used.push(path);
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// True at a `use` behind `pub` or `pub(...)`.
    fn follows_visibility(&self) -> bool {
        match self.at.checked_sub(1).map(|at| self.tokens[at].as_str()) {
            Some("pub") => true,
            Some(")") => self.tokens[..self.at]
                .iter()
                .rev()
                .take(6)
                .any(|token| token == "pub"),
            _ => false,
        }
    }

    fn is_inside_path(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1] == "::"
    }

    /// The path at the current place: words joined by `::`.
    fn path(&mut self) -> Segments {
        let mut path = vec![self.peek(0).to_owned()];
        self.at += 1;
        while self.peek(0) == "::"
            && self
                .peek(1)
                .starts_with(|char: char| char.is_alphabetic() || char == '_')
        {
            path.push(self.peek(1).to_owned());
            self.at += 2;
        }
        path
    }

    /// A tree of imports, up to and with its `;`, `,` or `}`.
    fn import(&mut self, imports: bool, exported: bool, prefix: &mut Segments) {
        let kept = prefix.len();
        loop {
            match self.peek(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(0), "}" | ";" | "") {
                        self.import(imports, exported, prefix);
                        if self.peek(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    prefix.truncate(kept);
                    return;
                }
                "::" => self.at += 1,
                "" | ";" | "," | "}" => break,
                "as" => {
                    self.bind(imports, exported, prefix, self.peek(1).to_owned());
                    self.at += 2;
                    prefix.truncate(kept);
                    return;
                }
                "self" if !prefix.is_empty() => self.at += 1,
                word => {
                    prefix.push(word.to_owned());
                    self.at += 1;
                }
            }
        }
        let name = prefix.last().cloned().unwrap_or_default();
        self.bind(imports, exported, prefix, name);
        prefix.truncate(kept);
    }

    fn bind(&mut self, imports: bool, exported: bool, path: &[String], name: String) {
        let Some(path) = self.absolute(path) else {
            return;
        };
        if imports && exported {
            self.source.exported.push((name.clone(), path.clone()));
        }
        if imports {
            self.aliases.insert(name, path);
        } else if !exported {
            self.source.used.push(path);
        }
    }

    /// `path` from the crate's root, or `None` if it leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let mut absolute = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            name if self.children.iter().any(|child| child == name) => {
                [self.module.as_slice(), std::slice::from_ref(first)].concat()
            }
            name => self.aliases.get(name)?.clone(),
        };
        for segment in rest {
            if segment == "super" {
                absolute.pop();
            } else {
                absolute.push(segment.clone());
            }
        }
        Some(absolute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(text: &str, module: &[&str], children: &[&str]) -> Vec<String> {
        let own = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let source = read(text, &own(module), &own(children));
        let mut used: Vec<_> = source.used.iter().map(|path| path.join("::")).collect();
        used.sort();
        used.dedup();
        used
    }

    #[test]
    fn imports_and_paths() {
        let text = "use crate::{a::{self, B}, c::D as E};\nuse std::fmt;\nfn f() { crate::g::h(); a::x(); fmt::y(); }";
        assert_eq!(
            used(text, &["m"], &[]),
            ["a", "a::B", "a::x", "c::D", "g::h"]
        );
        assert_eq!(
            used("use super::x::Y;\nself::k::z();", &["m", "n"], &[]),
            ["m::n::k::z", "m::x::Y"]
        );
        assert_eq!(
            used("mod child;\nfn f() { child::g() }", &["m"], &["child"]),
            ["m::child::g"]
        );
        assert_eq!(
            used(
                "mod inner { use super::Own; use super::super::x::Y; }",
                &["m"],
                &[]
            ),
            ["m::Own", "x::Y"]
        );
    }

    #[test]
    fn neither_tests_nor_strings_nor_comments() {
        let text = "// crate::a::b\nfn f() { \"crate::c::d\"; r#\"crate::e::f\"#; '\"'; }\n/* crate::g::h */\n\
                    #[cfg(test)]\nmod tests { use crate::i::J; }\n#[cfg(test)] use crate::k::L;\nuse crate::m::N;";
        assert_eq!(used(text, &[], &[]), ["m::N"]);
        assert_eq!(
            read("#[cfg(test)]\nmod tests;", &[], &[]).test_modules,
            ["tests"]
        );
    }

    #[test]
    fn exports_are_names_and_no_uses() {
        let source = read(
            "pub(crate) use self::a::B;\npub use c::D as E;",
            &[],
            &["a".to_owned(), "c".to_owned()],
        );
        assert!(source.used.is_empty());
        let exported: Vec<_> = source
            .exported
            .iter()
            .map(|(name, path)| (name.as_str(), path.join("::")))
            .collect();
        assert_eq!(
            exported,
            [("B", "a::B".to_owned()), ("E", "c::D".to_owned())]
        );
    }
}
