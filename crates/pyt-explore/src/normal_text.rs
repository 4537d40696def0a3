//! Text without what differs between runs that did the same: addresses, idents of threads, names of
//! temporary files, folders of source files.
//!
//! Only what has the form that Python itself gives it is recognised: a number that a program
//! computes and prints is never left out.

use std::borrow::Cow;

/// `text` with a fixed word in place of each of these:
///
/// - the address of `<Account object at 0x7f...>`
/// - the ident of `<Thread(worker, started 1400...)>`, and that of `owner=1400... count=1`
/// - the name that `tempfile` makes: `/tmp3kd0_x1z`
/// - the folder of `File "/home/me/bank.py", line 7`
pub(crate) fn normal_text(text: &str) -> Cow<'_, str> {
    const SIGNS: [&str; 5] = [AT, TEMPORARY, FILE, OWNER, ")>"];
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return Cow::Borrowed(text);
    }
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, left_out) = match first {
            ' ' => address(rest).or_else(|| ident(rest)),
            '/' => temporary_name(rest),
            'F' => folder(rest),
            'o' => owner(rest),
            _ => None,
        }
        .unwrap_or((first.len_utf8(), 0));
        normal.push_str(&rest[..kept]);
        if left_out > 0 {
            normal.push_str("...");
        }
        rest = &rest[kept + left_out..];
    }
    Cow::Owned(normal)
}

const AT: &str = " at 0x";
const TEMPORARY: &str = "/tmp";
const FILE: &str = "File \"";
const OWNER: &str = "owner=";

/// How many bytes at the beginning of `rest` are kept, and how many after these are left out.
type Parts = Option<(usize, usize)>;

fn count(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| wanted(byte)).count()
}

fn address(rest: &str) -> Parts {
    let digits = count(rest.strip_prefix(AT)?, |byte| byte.is_ascii_hexdigit());
    (digits >= 6).then_some((AT.len(), digits))
}

fn ident(rest: &str) -> Parts {
    let words = [
        " started daemon ",
        " stopped daemon ",
        " started ",
        " stopped ",
    ];
    let word = words.iter().find(|word| rest.starts_with(**word))?;
    let rest = &rest[word.len()..];
    let digits = count(rest, |byte| byte.is_ascii_digit());
    (digits > 0 && rest[digits..].starts_with(")>")).then_some((word.len(), digits))
}

fn owner(rest: &str) -> Parts {
    let rest = rest.strip_prefix(OWNER)?;
    let digits = count(rest, |byte| byte.is_ascii_digit());
    (digits > 0 && rest[digits..].starts_with(" count=")).then_some((OWNER.len(), digits))
}

fn temporary_name(rest: &str) -> Parts {
    const RANDOM: usize = 8;
    let rest = rest.strip_prefix(TEMPORARY)?;
    let letters = count(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_random = rest[..letters]
        .bytes()
        .all(|byte| !byte.is_ascii_uppercase());
    (letters == RANDOM && is_random).then_some((TEMPORARY.len(), RANDOM))
}

fn folder(rest: &str) -> Parts {
    let rest = rest.strip_prefix(FILE)?;
    let path = &rest[..rest.find('"')?];
    let is_place = rest[path.len()..].starts_with("\", line ");
    let folder = path.rfind('/').map_or(0, |slash| slash + 1);
    (is_place && folder > 0).then_some((FILE.len(), folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_equal_runs_is_left_out() {
        for (text, normal) in [
            (
                "<Loud object at 0x7f00a1b2c3d4>\n",
                "<Loud object at 0x...>\n",
            ),
            (
                "<Thread(one, started 140012)> <Thread(two, stopped daemon 7)>",
                "<Thread(one, started ...)> <Thread(two, stopped daemon ...)>",
            ),
            (
                "<locked RLock object owner=12 count=1 at 0x123456>",
                "<locked RLock object owner=... count=1 at 0x...>",
            ),
            (
                "open /tmp/tmp3kd0_x1z/h\u{f6}he",
                "open /tmp/tmp.../h\u{f6}he",
            ),
            (
                "  File \"/a/b/bank.py\", line 7, in f",
                "  File \"...bank.py\", line 7, in f",
            ),
        ] {
            assert_eq!(normal_text(text), normal);
        }
    }

    #[test]
    fn what_a_program_computes_stays() {
        for text in [
            "0xdeadbeef and hex 0x7f00a1b2c3d4",
            "parsed at 0x10",
            "12345 started 7 stopped 9",
            "/tmp/tmpDATABASE /tmp/tmpx /tmp/tmp3kd0_x1z2",
            "File \"/a/b.txt\" is missing",
            "owner=7 balance=3 )>",
            "\u{9ad8}\u{3055}",
            "",
        ] {
            assert_eq!(normal_text(text), text);
        }
    }
}
