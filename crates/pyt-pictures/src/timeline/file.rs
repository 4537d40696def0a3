//! A file that can be opened at any time while it grows, and does not grow without bound.
//!
//! Each write has new items and a tail that replaces the last one, so a program that is killed
//! leaves a whole file. When there are too many items, the newer half is moved to the front of the
//! file, and the older is lost.

use std::{collections::VecDeque, fs::File, io, os::unix::fs::FileExt};

use super::{Format, Item, Slice, Standing};

/// How many items a file has at most.
pub(crate) const MOST_ITEMS: u64 = 1_000_000;

/// How much is moved at once, in bytes.
const MOVED_AT_ONCE: usize = 1 << 20;

/// A file of a timeline.
pub(crate) struct TimelineFile {
    file: File,
    format: Box<dyn Format>,
    /// The entries of tables, which are written again in front of the items that are kept.
    entries: Vec<Item>,
    /// What is being written: kept for its memory.
    buffer: Vec<u8>,
    /// Where the tail begins.
    end: u64,
    /// The length of the file.
    length: u64,
    /// How many items are in the file.
    items: u64,
    /// Where chunks begin, with the number of items before.
    chunks: VecDeque<(u64, u64)>,
    dropped: u64,
    most: u64,
}

impl TimelineFile {
    /// Begins `file`, with at most `most` items.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn begin(file: File, format: Box<dyn Format>, most: u64) -> io::Result<Self> {
        let mut begun = Self {
            file,
            format,
            entries: Vec::new(),
            buffer: Vec::new(),
            end: 0,
            length: 0,
            items: 0,
            chunks: VecDeque::new(),
            dropped: 0,
            most,
        };
        // Of a file that is no plain one, a device say, there is nothing to cut off.
        if begun.file.metadata()?.is_file() {
            begun.file.set_len(0)?;
        }
        begun.format.head(&mut begun.buffer);
        begun.write(&[], Standing::default())?;
        Ok(begun)
    }

    /// Adds items, and writes the tail anew.
    ///
    /// # Errors
    /// What the system says. The file is then as it was, or ends in the middle.
    pub(crate) fn append(
        &mut self,
        items: &[Item],
        unfinished: &[Slice],
        standing: Standing,
    ) -> io::Result<()> {
        self.format.chunk(items, &mut self.buffer);
        let count = items.iter().filter(|item| !item.is_entry()).count() as u64;
        let entries = items.iter().filter(|item| item.is_entry()).cloned();
        self.entries.extend(entries);
        if !self.buffer.is_empty() {
            self.chunks.push_back((self.end, self.items));
        }
        self.write(unfinished, standing)?;
        self.items += count;
        if self.items > self.most {
            self.drop_oldest(unfinished, standing)?;
        }
        Ok(())
    }

    /// Writes what is in the buffer, and the tail, at once: a program that is killed leaves a file
    /// with a tail.
    fn write(&mut self, unfinished: &[Slice], standing: Standing) -> io::Result<()> {
        let standing = Standing {
            dropped: self.dropped,
            ..standing
        };
        let kept = self.buffer.len() as u64;
        self.format.tail(unfinished, standing, &mut self.buffer);
        let length = self.end + self.buffer.len() as u64;
        let written = self.file.write_all_at(&self.buffer, self.end);
        self.buffer.clear();
        written?;
        if length < self.length {
            self.file.set_len(length)?;
        }
        self.length = length;
        self.end += kept;
        Ok(())
    }

    /// Moves the newer half of the items to the front.
    fn drop_oldest(&mut self, unfinished: &[Slice], standing: Standing) -> io::Result<()> {
        let before = self.items.saturating_sub(self.most / 2);
        while self.chunks.front().is_some_and(|chunk| chunk.1 < before) && self.chunks.len() > 1 {
            self.chunks.pop_front();
        }
        let Some(&(kept_from, dropped)) = self.chunks.front() else {
            return Ok(());
        };
        let mut front = Vec::new();
        self.format.head(&mut front);
        self.format.chunk(&self.entries, &mut front);
        let front_length = front.len() as u64;
        let kept_from = if front_length <= kept_from {
            kept_from
        } else {
            // The tables have outgrown what is dropped: nothing is kept.
            self.chunks.clear();
            self.end
        };
        let kept = if kept_from == self.end {
            self.items
        } else {
            dropped
        };
        self.file.write_all_at(&front, 0)?;
        let mut to = front_length;
        let mut from = kept_from;
        let mut buffer = vec![0; MOVED_AT_ONCE];
        while from < self.end {
            let left = usize::try_from(self.end - from).unwrap_or(MOVED_AT_ONCE);
            let part = &mut buffer[..left.min(MOVED_AT_ONCE)];
            self.file.read_exact_at(part, from)?;
            self.file.write_all_at(part, to)?;
            from += part.len() as u64;
            to += part.len() as u64;
        }
        for chunk in &mut self.chunks {
            chunk.0 = chunk.0 - kept_from + front_length;
            chunk.1 -= kept;
        }
        self.items -= kept;
        self.dropped += kept;
        self.end = to;
        self.write(unfinished, standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Mark;

    /// Entries are written as `e`, other items as their moment.
    struct Plain;

    impl Format for Plain {
        fn head(&mut self, out: &mut Vec<u8>) {
            out.extend(b"head\n");
        }

        fn chunk(&mut self, items: &[Item], out: &mut Vec<u8>) {
            let text = |item: &Item| match item {
                Item::Mark(mark) => format!("{}\n", mark.at),
                _ => String::from("e\n"),
            };
            out.extend(items.iter().map(text).collect::<String>().into_bytes());
        }

        fn tail(&self, _unfinished: &[Slice], standing: Standing, out: &mut Vec<u8>) {
            out.extend(format!("tail {}\n", standing.dropped).into_bytes());
        }
    }

    fn mark(at: u64) -> Item {
        Item::Mark(Mark {
            lane: 0,
            at,
            text: String::new(),
        })
    }

    #[test]
    fn the_oldest_items_go_and_entries_of_tables_stay() {
        let path = std::env::temp_dir().join(format!("pyt-timeline-{}", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .unwrap();
        let mut timeline = TimelineFile::begin(file, Box::new(Plain), 10).unwrap();
        let read = || std::fs::read_to_string(&path).unwrap();
        assert_eq!(read(), "head\ntail 0\n");
        let entry = Item::Site(1, Box::default());
        timeline
            .append(&[entry, mark(0)], &[], Standing::default())
            .unwrap();
        assert_eq!(read(), "head\ne\n0\ntail 0\n");
        for at in 1..=10 {
            timeline
                .append(&[mark(at)], &[], Standing::default())
                .unwrap();
        }
        assert_eq!(read(), "head\ne\n6\n7\n8\n9\n10\ntail 6\n");
        for at in 11..=100 {
            timeline
                .append(&[mark(at)], &[], Standing::default())
                .unwrap();
            let text = read();
            let kept = text.lines().count() as u64 - 3;
            assert!((5..=10).contains(&kept), "{text}");
            assert!(text.contains(&format!("\n{at}\ntail {}\n", at + 1 - kept)));
        }
        std::fs::remove_file(&path).unwrap();
    }
}
