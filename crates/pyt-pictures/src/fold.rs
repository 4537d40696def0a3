//! Maps whose keys are numbers of the recording's own: hashing them must be quick, since it is done
//! at each wait, and no program chooses them.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Hashes by folding each word into the state by one multiplication.
#[derive(Clone, Copy, Debug, Default)]
pub struct FoldHasher(u64);

/// An odd number without a pattern in its bits: 2⁶⁴ divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl FoldHasher {
    const fn fold(&mut self, word: u64) {
        let product = (self.0 ^ word).wrapping_mul(FACTOR);
        self.0 = product ^ (product >> 32);
    }
}

impl Hasher for FoldHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.fold(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // Zero would be folded into nothing.
        self.fold(number.wrapping_add(FACTOR));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// A map with such keys.
pub type FoldMap<K, V> = HashMap<K, V, BuildHasherDefault<FoldHasher>>;

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, hash::Hash};

    use super::*;

    #[test]
    fn numbers_that_follow_one_another_do_not_collide() {
        let hash = |key: (usize, u32)| {
            let mut hasher = FoldHasher::default();
            key.hash(&mut hasher);
            hasher.finish()
        };
        let keys = (0..300).flat_map(|one| (0..300).map(move |other| (one * 16, other)));
        let low_bits: HashSet<u64> = keys.map(|key| hash(key) & 0xff_ffff).collect();
        assert!(low_bits.len() > 89_000, "{}", low_bits.len());
    }
}
