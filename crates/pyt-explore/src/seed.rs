//! Seeds and the random numbers derived from them: the same on every machine and in every version.
//!
//! A schedule's seed is a `u64` from which alone its strategy is made, so `pyt run --seed N` makes
//! the schedule again that an exploration found. Its lowest seven bits hold two small facts that a
//! strategy needs ([`Hints`]); the rest is random.

use rand_core::Rng as _;
use rand_pcg::Pcg32;

/// The number that stands `number` places after `base` in the sequence of `SplitMix64`
/// (Steele, Lea and Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
#[must_use]
pub const fn nth(base: u64, number: u64) -> u64 {
    let state = base.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Facts that a seed holds besides randomness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Which member of a mix of strategies makes the schedule: 0 to 3.
    pub member: u8,
    /// The expected number of decisions with a choice, as the power of two that is not below it: 1
    /// to 31. Zero: not known.
    pub length: u8,
}

impl Hints {
    const MEMBER_BITS: u32 = 2;
    const LENGTH_BITS: u32 = 5;
    const BITS: u32 = Self::MEMBER_BITS + Self::LENGTH_BITS;

    /// Reads them from `seed`.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self {
            member: (seed & ((1 << Self::MEMBER_BITS) - 1)) as u8,
            length: ((seed >> Self::MEMBER_BITS) & ((1 << Self::LENGTH_BITS) - 1)) as u8,
        }
    }

    /// `seed` with its lowest bits replaced by these facts, each cut to its bits.
    #[must_use]
    pub const fn write(self, seed: u64) -> u64 {
        let member = self.member as u64 & ((1 << Self::MEMBER_BITS) - 1);
        let length = self.length as u64 & ((1 << Self::LENGTH_BITS) - 1);
        (seed & !((1 << Self::BITS) - 1)) | (length << Self::MEMBER_BITS) | member
    }

    /// The `length` that stands for `decisions`.
    #[must_use]
    pub fn length_for(decisions: u64) -> u8 {
        let power = decisions.max(2).next_power_of_two().trailing_zeros();
        u8::try_from(power.min(31)).unwrap_or(31)
    }

    /// The number of decisions that `length` stands for, if it is known.
    #[must_use]
    pub const fn decisions(self) -> Option<u64> {
        match self.length {
            0 => None,
            length => Some(1 << length),
        }
    }
}

/// A random number generator: PCG XSH RR 64/32 (O'Neill 2014), whose state is the seed and whose
/// stream is the strategy's own number.
#[derive(Clone, Debug)]
pub(crate) struct SeededRng(Pcg32);

impl SeededRng {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg32::new(seed, stream))
    }

    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(crate) fn wide(&mut self) -> u64 {
        let high = u64::from(self.bits());
        (high << 32) | u64::from(self.bits())
    }

    /// A number below `bound`, uniformly distributed (by rejection of draws that would favour
    /// some). Zero if `bound` is zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound <= 1 {
            return 0;
        }
        if bound > u64::from(u32::MAX) {
            return self.wide() % bound;
        }
        let whole = (1_u64 << 32) / bound * bound;
        loop {
            let drawn = u64::from(self.bits());
            if drawn < whole {
                return drawn % bound;
            }
        }
    }

    /// An index into something with `length` entries.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, seeds from earlier versions make other schedules.
    #[test]
    fn the_numbers_never_change() {
        assert_eq!(nth(0, 0), 0xe220_a839_7b1d_cdaf, "SplitMix64's first");
        assert_eq!(nth(0, 1), 0x6e78_9e6a_a1b9_65f4, "and its second");
        let mut rng = SeededRng::new(42, 54);
        let drawn: Vec<u32> = (0..6).map(|_| rng.bits()).collect();
        assert_eq!(
            drawn,
            [
                0xa15c_02b7,
                0x7b47_f409,
                0xba1d_3330,
                0x83d2_f293,
                0xbfa4_784b,
                0xcbed_606e
            ],
            "the numbers of PCG's own demonstration program"
        );
        let mut rng = SeededRng::new(7, 1);
        let drawn: Vec<u64> = (0..8).map(|_| rng.below(10)).collect();
        assert_eq!(drawn, [0, 6, 2, 1, 7, 1, 7, 9]);
    }

    #[test]
    fn hints_come_back_and_leave_the_rest_alone() {
        for member in 0..4 {
            for length in 0..32 {
                let hints = Hints { member, length };
                let seed = hints.write(u64::MAX);
                assert_eq!(Hints::of(seed), hints);
                assert_eq!(seed >> 7, u64::MAX >> 7);
            }
        }
        assert_eq!(Hints::length_for(0), 1);
        assert_eq!(Hints::length_for(1000), 10);
        assert_eq!(Hints::length_for(1024), 10);
        assert_eq!(Hints::length_for(u64::MAX / 2), 31);
    }

    #[test]
    fn every_number_below_the_bound_comes() {
        let mut rng = SeededRng::new(1, 1);
        let mut counts = [0; 7];
        for _ in 0..7000 {
            counts[rng.index(7)] += 1;
        }
        assert!(
            counts.iter().all(|&count| (850..1150).contains(&count)),
            "{counts:?}"
        );
    }
}
