//! What a file of a timeline has in it: a head, chunks of items, and a tail that is written anew
//! each time.

use super::{Item, Slice, Standing};

/// A format. Head, any number of chunks and the tail are a whole file. Each is appended to `out`.
pub(crate) trait Format: Send {
    /// The beginning of a file.
    fn head(&mut self, out: &mut Vec<u8>);

    /// Some items. Entries of tables come before the items that refer to them.
    fn chunk(&mut self, items: &[Item], out: &mut Vec<u8>);

    /// The end of a file, with the states that have not ended.
    fn tail(&self, unfinished: &[Slice], standing: Standing, out: &mut Vec<u8>);
}

/// Appends a number in decimal digits. Files are mostly numbers: what formats them in general takes
/// several times as long.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut from = digits.len();
    let mut left = number;
    loop {
        from -= 1;
        digits[from] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[from..]);
}

/// As [`push_number`], of a number that may be negative.
pub(crate) fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_number(out, number.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_the_library_formats_them() {
        let all = [0, 1, 9, 10, 99, 100, 12345, i64::MAX, -1, -10, i64::MIN];
        for number in all {
            let mut out = b"x".to_vec();
            push_signed(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{number}"));
        }
        let mut out = Vec::new();
        push_number(&mut out, u64::MAX);
        assert_eq!(out, u64::MAX.to_string().into_bytes());
    }
}
