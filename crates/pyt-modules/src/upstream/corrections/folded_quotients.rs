//! `4.0 // 2.0`, written out, is `2.0`. Upstream's compiler computes it as `0.0`, as it does all
//! quotients of floats without a remainder that it finds among constants; at run time upstream
//! computes them right.
//!
//! So in the text that is compiled the divisor of such a quotient is no constant, but
//! `4.0 // [2.0][0]`. Columns behind it in its line move.
//!
//! Can go when upstream's `float_div_mod` of constants returns the quotient.

use std::borrow::Cow;

use rustpython_vm::compiler::{
    TokenKind,
    ast::{
        Expr, ExprBinOp, Mod, Number, Operator,
        token::Token,
        visitor::{Visitor, walk_expr},
    },
    parser::{Mode, ParseOptions, parse_unchecked},
};

/// The text to compile in the place of `source`.
pub(super) fn corrected(source: &str) -> Cow<'_, str> {
    if !may_have_quotient(source.as_bytes()) {
        return Cow::Borrowed(source);
    }
    let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
    let Mod::Module(module) = parsed.syntax() else {
        return Cow::Borrowed(source);
    };
    let mut quotients = Quotients(Vec::new());
    quotients.visit_body(&module.body);
    let mut insertions = Vec::new();
    for end in quotients.0 {
        let mut depth = 0_usize;
        let tokens = parsed.tokens().iter().rev().map(Token::as_tuple);
        let within = tokens.skip_while(|(_, range)| range.end().to_usize() > end);
        for (kind, range) in within {
            match kind {
                TokenKind::Rpar => depth += 1,
                TokenKind::Lpar => depth = depth.saturating_sub(1),
                TokenKind::DoubleSlash if depth == 0 => {
                    insertions.push((range.end().to_usize(), "["));
                    insertions.push((end, "][0]"));
                    break;
                }
                _ => {}
            }
        }
    }
    if insertions.is_empty() {
        return Cow::Borrowed(source);
    }
    // Those that begin at the same place keep their order: inner ones are found later.
    insertions.sort_by_key(|(at, _)| *at);
    let mut text = source.to_owned();
    for (at, inserted) in insertions.into_iter().rev() {
        text.insert_str(at, inserted);
    }
    Cow::Owned(text)
}

/// Whether there is a `//` with a number on each side, perhaps in a comment or a string.
fn may_have_quotient(source: &[u8]) -> bool {
    let is_space = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let mut passed = 0;
    while let Some(at) = source[passed..].windows(2).position(|pair| pair == b"//") {
        let (before, after) = (&source[..passed + at], &source[passed + at + 2..]);
        let before = before.iter().rev().find(|byte| !is_space(byte));
        let after = after.iter().find(|byte| !is_space(byte));
        let ends = before.is_some_and(|byte| byte.is_ascii_digit() || b".)".contains(byte));
        let begins = after.is_some_and(|byte| byte.is_ascii_digit() || b".(-+~".contains(byte));
        if ends && begins {
            return true;
        }
        passed += at + 2;
    }
    false
}

/// The ends of the quotients of constants.
struct Quotients(Vec<usize>);

impl<'a> Visitor<'a> for Quotients {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::BinOp(quotient) = expr
            && quotient.op == Operator::FloorDiv
            && kind_of(expr) == Some(Kind::Float)
        {
            self.0.push(quotient.range.end().to_usize());
        }
        walk_expr(self, expr);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
}

/// What kind of number an expression of constants is.
fn kind_of(expr: &Expr) -> Option<Kind> {
    match expr {
        Expr::NumberLiteral(number) => match number.value {
            Number::Int(_) => Some(Kind::Int),
            Number::Float(_) => Some(Kind::Float),
            Number::Complex { .. } => None,
        },
        Expr::BooleanLiteral(_) => Some(Kind::Int),
        Expr::UnaryOp(operation) => kind_of(&operation.operand),
        Expr::BinOp(ExprBinOp {
            left, right, op, ..
        }) => match (kind_of(left)?, kind_of(right)?) {
            (Kind::Int, Kind::Int) if *op != Operator::Div => Some(Kind::Int),
            _ => Some(Kind::Float),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::corrected;

    #[test]
    fn divisors_of_constants_are_no_constants() {
        assert_eq!(corrected("x = 4.0 // 2.0 + y"), "x = 4.0 //[ 2.0][0] + y");
        assert_eq!(corrected("9e15//1"), "9e15//[1][0]");
        assert_eq!(corrected("f(6//-3.0)"), "f(6//[-3.0][0])");
        assert_eq!(
            corrected("1e9 // (4.0 // 2)"),
            "1e9 //[ (4.0 //[ 2][0])][0]"
        );
        assert_eq!(corrected("8.0 // 2 // 2"), "8.0 //[ 2][0] //[ 2][0]");
        assert_eq!(corrected("(1.0 + 2) // 2 ** 3"), "(1.0 + 2) //[ 2 ** 3][0]");
        for left in [
            "4 // 2",
            "x // 2.0",
            "'4.0 // 2.0'",
            "# 4.0 // 2.0",
            "http = 'http://1.0//2.0'",
            "4.0 / 2.0",
        ] {
            assert_eq!(corrected(left), left);
        }
    }
}
