//! The tokens of XML: names, references, tags, comments, processing instructions.
//!
//! Each function is given a text and where in it a token begins, and says where that ends. Nothing
//! is known here of what may stand where.

use std::ops::Range;

use super::errors::{BAD_CHAR_REF, Code};

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends within it.
    Partial,
    /// What is here cannot be part of it.
    Invalid(usize),
    /// Another error.
    Error(Code, usize),
}

pub(super) type Token<T> = Result<T, Stop>;

/// Whether names may have one colon, between two parts, only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colons {
    pub(super) divide: bool,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether a document may have the character.
pub(super) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

pub(super) fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_' | ':'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

pub(super) fn is_name(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}'
            | '\u{203f}'..='\u{2040}')
}

pub(super) fn byte(text: &str, at: usize) -> Token<u8> {
    text.as_bytes().get(at).copied().ok_or(Stop::Partial)
}

pub(super) fn char_at(text: &str, at: usize) -> Token<char> {
    let rest = text.get(at..).unwrap_or("");
    rest.chars().next().ok_or(Stop::Partial)
}

pub(super) fn skip_space(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    at + rest.iter().take_while(|byte| is_space(**byte)).count()
}

/// The end of the name that begins here.
pub(super) fn name(text: &str, at: usize, colons: Colons) -> Token<usize> {
    let first = char_at(text, at)?;
    if !is_name_start(first) || colons.divide && first == ':' {
        return Err(Stop::Invalid(at));
    }
    let mut has_colon = false;
    let mut end = at + first.len_utf8();
    loop {
        let c = char_at(text, end)?;
        if !is_name(c) {
            return Ok(end);
        }
        if colons.divide && c == ':' {
            let next = char_at(text, end + 1)?;
            if has_colon || !is_name_start(next) || next == ':' {
                return Err(Stop::Invalid(if has_colon { end } else { end + 1 }));
            }
            has_colon = true;
        }
        end += c.len_utf8();
    }
}

/// What `&...;` refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Char(char),
    Entity(Range<usize>),
}

/// The reference that begins with the `&` here, and its end.
pub(super) fn reference(text: &str, at: usize, colons: Colons) -> Token<(Reference, usize)> {
    if byte(text, at + 1)? != b'#' {
        let end = name(text, at + 1, colons)?;
        return match byte(text, end)? {
            b';' => Ok((Reference::Entity(at + 1..end), end + 1)),
            _ => Err(Stop::Invalid(end)),
        };
    }
    let is_hex = byte(text, at + 2)? == b'x';
    let begin = if is_hex { at + 3 } else { at + 2 };
    let radix = if is_hex { 16 } else { 10 };
    let mut end = begin;
    let mut number: u32 = 0;
    loop {
        let c = char_at(text, end)?;
        match c.to_digit(radix) {
            Some(digit) => number = number.saturating_mul(radix).saturating_add(digit),
            None if c == ';' && end > begin => break,
            None => return Err(Stop::Invalid(end)),
        }
        end += 1;
    }
    match char::from_u32(number).filter(|c| is_allowed(*c)) {
        Some(c) => Ok((Reference::Char(c), end + 1)),
        None => Err(Stop::Error(BAD_CHAR_REF, at)),
    }
}

/// A start tag, or one of an empty element.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: Range<usize>,
    /// Names and values.
    pub(super) attributes: Vec<(Range<usize>, Range<usize>)>,
    pub(super) is_empty: bool,
    pub(super) end: usize,
}

/// The tag that begins with the `<` here.
pub(super) fn tag(text: &str, at: usize, colons: Colons) -> Token<Tag> {
    let name_end = name(text, at + 1, colons)?;
    let mut attributes = Vec::new();
    let mut here = name_end;
    loop {
        let next = skip_space(text, here);
        match byte(text, next)? {
            b'>' => {
                return Ok(Tag {
                    name: at + 1..name_end,
                    attributes,
                    is_empty: false,
                    end: next + 1,
                });
            }
            b'/' => {
                if byte(text, next + 1)? != b'>' {
                    return Err(Stop::Invalid(next + 1));
                }
                let end = next + 2;
                return Ok(Tag {
                    name: at + 1..name_end,
                    attributes,
                    is_empty: true,
                    end,
                });
            }
            _ if next == here => return Err(Stop::Invalid(next)),
            _ => {}
        }
        let attribute_end = name(text, next, colons)?;
        let equals = skip_space(text, attribute_end);
        if byte(text, equals)? != b'=' {
            return Err(Stop::Invalid(equals));
        }
        let quote_at = skip_space(text, equals + 1);
        let quote = byte(text, quote_at)?;
        if quote != b'"' && quote != b'\'' {
            return Err(Stop::Invalid(quote_at));
        }
        let value_end = attribute_value(text, quote_at + 1, quote, colons)?;
        attributes.push((next..attribute_end, quote_at + 1..value_end));
        here = value_end + 1;
    }
}

/// Where the value that begins here meets its quote.
fn attribute_value(text: &str, at: usize, quote: u8, colons: Colons) -> Token<usize> {
    let mut here = at;
    loop {
        match char_at(text, here)? {
            c if c == char::from(quote) => return Ok(here),
            '<' => return Err(Stop::Invalid(here)),
            '&' => {
                here = match reference(text, here, colons) {
                    Ok((_, end)) => end,
                    // Told when the value is made.
                    Err(Stop::Error(_, _)) => here + 1,
                    Err(stop) => return Err(stop),
                };
            }
            c if is_allowed(c) => here += c.len_utf8(),
            _ => return Err(Stop::Invalid(here)),
        }
    }
}

/// The name of the end tag that begins with the `</` here, and the tag's end.
pub(super) fn end_tag(text: &str, at: usize, colons: Colons) -> Token<(Range<usize>, usize)> {
    let name_end = name(text, at + 2, colons)?;
    let close = skip_space(text, name_end);
    match byte(text, close)? {
        b'>' => Ok((at + 2..name_end, close + 1)),
        _ => Err(Stop::Invalid(close)),
    }
}

/// The text of the comment that begins with the `<!--` here, and its end.
pub(super) fn comment(text: &str, at: usize) -> Token<(Range<usize>, usize)> {
    let begin = at + 4;
    let mut here = begin;
    loop {
        match char_at(text, here)? {
            '-' if byte(text, here + 1)? == b'-' => {
                return match byte(text, here + 2)? {
                    b'>' => Ok((begin..here, here + 3)),
                    _ => Err(Stop::Invalid(here + 2)),
                };
            }
            c if is_allowed(c) => here += c.len_utf8(),
            _ => return Err(Stop::Invalid(here)),
        }
    }
}

/// A processing instruction, or an XML declaration.
#[derive(Debug)]
pub(super) struct Instruction {
    pub(super) target: Range<usize>,
    pub(super) data: Range<usize>,
    pub(super) is_declaration: bool,
    pub(super) end: usize,
}

/// The processing instruction that begins with the `<?` here.
pub(super) fn instruction(text: &str, at: usize, colons: Colons) -> Token<Instruction> {
    let target = at + 2..name(text, at + 2, colons)?;
    let name = &text[target.clone()];
    let is_declaration = name == "xml";
    if !is_declaration && name.eq_ignore_ascii_case("xml") {
        return Err(Stop::Invalid(target.end));
    }
    let begin = skip_space(text, target.end);
    if begin == target.end && byte(text, begin)? != b'?' {
        return Err(Stop::Invalid(begin));
    }
    let mut here = begin;
    loop {
        match char_at(text, here)? {
            '?' if byte(text, here + 1)? == b'>' => break,
            '?' if begin == target.end => return Err(Stop::Invalid(here + 1)),
            c if is_allowed(c) => here += c.len_utf8(),
            _ => return Err(Stop::Invalid(here)),
        }
    }
    Ok(Instruction {
        target,
        data: begin..here,
        is_declaration,
        end: here + 2,
    })
}

/// The inside of the literal that begins with the quote here.
pub(super) fn literal(text: &str, at: usize) -> Token<Range<usize>> {
    let quote = byte(text, at)?;
    if quote != b'"' && quote != b'\'' {
        return Err(Stop::Invalid(at));
    }
    let mut here = at + 1;
    loop {
        match char_at(text, here)? {
            c if c == char::from(quote) => return Ok(at + 1..here),
            c if is_allowed(c) => here += c.len_utf8(),
            _ => return Err(Stop::Invalid(here)),
        }
    }
}

/// With `\r\n` and `\r` as `\n`.
pub(super) fn with_newlines(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}
