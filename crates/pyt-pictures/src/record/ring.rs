//! The buffer that one thread writes events into and the recording's own thread reads: a ring
//! without a lock. Once it is full, each new event replaces the oldest.
//!
//! What the words of an event mean is not known here.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering, fence},
};

/// How many words an event has.
pub(crate) const WORDS: usize = 5;

/// One event.
pub(crate) type Words = [u64; WORDS];

/// How many events a ring holds.
const CAPACITY: u64 = 16_384;
/// So many have their memory together, from the first of them on: a thread that seldom waits needs
/// little of the ring.
const AT_ONCE: u64 = 256;

/// The memory of some events.
type Block = Box<[[AtomicU64; WORDS]]>;

/// A ring. One thread writes, another reads.
pub(crate) struct Ring {
    /// How many events were written.
    written: AtomicU64,
    /// How many were read or lost.
    read: AtomicU64,
    blocks: Box<[OnceLock<Block>]>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            written: AtomicU64::new(0),
            read: AtomicU64::new(0),
            blocks: (0..CAPACITY / AT_ONCE).map(|_| OnceLock::new()).collect(),
        }
    }

    fn slot(&self, number: u64) -> &[AtomicU64; WORDS] {
        let index = |number: u64| usize::try_from(number).unwrap_or(0);
        let number = number % CAPACITY;
        let block = self.blocks[index(number / AT_ONCE)].get_or_init(|| {
            let empty = || [const { AtomicU64::new(0) }; WORDS];
            (0..AT_ONCE).map(|_| empty()).collect()
        });
        &block[index(number % AT_ONCE)]
    }

    /// Writes an event. Only the thread whose ring this is calls it. True: the ring has just become
    /// half full, and should be read soon.
    #[inline]
    pub(crate) fn push(&self, event: Words) -> bool {
        let number = self.written.load(Ordering::Relaxed);
        // What the reader finds of the new event in an old one's place, it finds only together with
        // the count that says so.
        fence(Ordering::Release);
        for (slot, word) in self.slot(number).iter().zip(event) {
            slot.store(word, Ordering::Relaxed);
        }
        self.written.store(number + 1, Ordering::Release);
        number + 1 - self.read.load(Ordering::Relaxed) == CAPACITY / 2
    }

    /// Reads the events since the last call. Returns how many were replaced before they were read.
    pub(crate) fn drain(&self, events: &mut Vec<Words>) -> u64 {
        let written = self.written.load(Ordering::Acquire);
        let read = self.read.load(Ordering::Relaxed);
        let first = read.max(written.saturating_sub(CAPACITY));
        let begin = events.len();
        for number in first..written {
            let slot = self.slot(number);
            events.push(std::array::from_fn(|word| {
                slot[word].load(Ordering::Relaxed)
            }));
        }
        fence(Ordering::Acquire);
        // The event after the last may be being written.
        let now = self.written.load(Ordering::Relaxed) + 1;
        let replaced = now.saturating_sub(CAPACITY).saturating_sub(first);
        let replaced = replaced.min(written - first);
        let count = usize::try_from(replaced).unwrap_or(0);
        events.drain(begin..begin + count);
        self.read.store(written, Ordering::Relaxed);
        first - read + replaced
    }

    /// Whether all that was written has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.read.load(Ordering::Relaxed) == self.written.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_newest_are_kept_and_the_others_counted() {
        let ring = Ring::new();
        for number in 0..CAPACITY + 100 {
            ring.push([number; WORDS]);
        }
        let mut events = Vec::new();
        let lost = ring.drain(&mut events);
        assert_eq!(lost + events.len() as u64, CAPACITY + 100);
        assert_eq!(events.last(), Some(&[CAPACITY + 99; WORDS]));
        assert!((100..=101).contains(&lost), "{lost}");
        assert!(ring.is_empty());
    }

    #[test]
    fn what_is_read_beside_the_writer_is_whole_and_in_order() {
        let ring = Arc::new(Ring::new());
        let writer = ring.clone();
        let count = 300_000;
        let thread = std::thread::spawn(move || {
            for number in 1..=count {
                writer.push([number; WORDS]);
            }
        });
        let (mut last, mut lost, mut seen) = (0, 0, 0);
        while last < count {
            let mut events = Vec::new();
            lost += ring.drain(&mut events);
            for event in events {
                assert!(event.iter().all(|word| *word == event[0]), "{event:?}");
                assert!(event[0] > last);
                last = event[0];
                seen += 1;
            }
        }
        thread.join().unwrap();
        assert_eq!(seen + lost, count);
    }
}
