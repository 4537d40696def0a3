//! Replacing functions in the slots of native classes by wrappers that call the original.
//!
//! A slot is a plain function, which gets the object that it is called for and nothing else. So
//! each function that is replaced has a wrapper of its own, made by the compiler: the wrapper's
//! number is part of its type, and leads to the original.

/// How many functions of one signature can be replaced.
pub(super) const MOST: usize = 64;

/// An array of `$wrapper::<0>`, `$wrapper::<1>`, ...
macro_rules! numbered {
    ($wrapper:ident) => {
        numbered!($wrapper:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
            32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60
            61 62 63)
    };
    ($wrapper:ident: $($number:literal)*) => { [$($wrapper::<$number>),*] };
}

/// Defines a type whose function `wrapped` makes wrappers of functions of one signature. The block
/// is what a wrapper does; there `$original` is the function that it wraps.
macro_rules! wrappers {
    ($name:ident = |$original:ident, $($argument:ident: $kind:ty),*| -> $result:ty $body:block) => {
        #[allow(non_camel_case_types, reason = "it stands for a function")]
        struct $name;

        impl $name {
            /// The wrapper of `original`: the same one each time, and `original` itself if that is
            /// one.
            fn wrapped(original: fn($($kind),*) -> $result) -> fn($($kind),*) -> $result {
                use $crate::guards::slots::{MOST, numbered};

                type Function = fn($($kind),*) -> $result;

                /// The functions that were replaced, by the number of their wrapper.
                static ORIGINALS: [std::sync::OnceLock<Function>; MOST] =
                    [const { std::sync::OnceLock::new() }; MOST];

                static WRAPPERS: [Function; MOST] = numbered!(wrapper);

                fn wrapper<const NUMBER: usize>($($argument: $kind),*) -> $result {
                    let Some($original) = ORIGINALS[NUMBER].get() else {
                        unreachable!("a wrapper is not handed out before its original is known")
                    };
                    $body
                }

                let is = |other: &Function| *other as usize == original as usize;
                if WRAPPERS.iter().any(is) {
                    return original;
                }
                for (known, wrapper) in ORIGINALS.iter().zip(WRAPPERS) {
                    if is(known.get_or_init(|| original)) {
                        return wrapper;
                    }
                }
                debug_assert!(false, "more functions are wrapped than there are wrappers");
                original
            }
        }
    };
}

/// Wraps what is in a slot, if that is anything.
macro_rules! wrap {
    ($slot:expr, $by:ident) => {
        if let Some(original) = $slot.load() {
            $slot.store(Some($by::wrapped(original)));
        }
    };
}

pub(super) use {numbered, wrap, wrappers};
