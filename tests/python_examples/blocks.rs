//! The two documents: their blocks, which stand as files beside them, and `pyt doc` on the whole.

use std::fs;
use std::path::PathBuf;

use pyt_test::{Program, Time, pyt, skipped_on_other_python, workspace};

use super::seconds;

/// The document that explains threading, its file in the seeds, and its blocks.
pub(crate) const EXPLAINED: Document = Document {
    seed: "000_9ecce3e806429456.txt",
    folder: "threading_explained",
    blocks: &[
        "01_basic_thread.py",
        "02_non_daemon_thread.py",
        "03_daemon_thread.py",
        "04_multiple_threads.py",
        "05_race_condition.py",
        "06_lock.py",
    ],
};

/// The document that goes through the module. Its blocks rest on the imports above them.
pub(crate) const MODULE: Document = Document {
    seed: "002_059e596afd823ecb.txt",
    folder: "threading_module",
    blocks: &[
        "01_import.py",
        "02_create_and_start.py",
        "03_multiple_threads.py",
        "04_thread_subclass.py",
        "05_daemon_thread.py",
        "06_lock.py",
        "07_event.py",
        "08_queue.py",
        "09_semaphore.py",
    ],
};

/// A document and its blocks.
pub(crate) struct Document {
    seed: &'static str,
    folder: &'static str,
    blocks: &'static [&'static str],
}

impl Document {
    /// The text of the block with this number, counted from 1, as the example file has it.
    fn block(&self, number: usize) -> String {
        let path = workspace()
            .join("python_examples")
            .join(self.folder)
            .join(self.blocks[number - 1]);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The block with the imports of the blocks above it before it.
    pub(crate) fn program(&self, number: usize, time: Time) -> Program {
        let mut source = String::new();
        for above in 1..number {
            for line in self.block(above).lines() {
                if line.starts_with("import ") {
                    source.push_str(line);
                    source.push('\n');
                }
            }
        }
        source.push_str(&self.block(number));
        Program::new(self.blocks[number - 1], source).time(time)
    }

    /// Where the document itself is, or `None` with a message if this checkout does not have it.
    fn seed_path(&self) -> Option<PathBuf> {
        let path = workspace().join("../shared/seeds").join(self.seed);
        let found = path.is_file();
        if !found {
            eprintln!("skipped: {} is not beside this checkout", path.display());
        }
        found.then_some(path)
    }
}

/// `pyt doc` runs all blocks of both documents, shows what they print, and counts them.
#[test]
fn doc_passes_both_documents() {
    if skipped_on_other_python("pyt doc") {
        return;
    }
    let (Some(first), Some(second)) = (EXPLAINED.seed_path(), MODULE.seed_path()) else {
        return;
    };
    let (first, second) = (first.to_string_lossy(), second.to_string_lossy());
    // Blocks sleep for 15 s in all; virtual time, the default, takes none of that. The queue
    // example's own bug may make it hang (see `module_8_queue`): seldom, so not three times.
    let mut attempts = (0..3).map(|_| pyt(["doc", &first, &second]).run_until(seconds(30)));
    let run = attempts
        .find_map(Result::ok)
        .expect("none of three attempts ended");
    run.exited_with(0);
    assert!(run.elapsed < seconds(15), "virtual time sleeps: {run}");
    for expected in [
        "Main thraed finish",
        "Final counter with lock: 5000",
        "All threads finished",
        "Thread A is running",
        "Running in background...",
        "Final Counter: 20000",
        "Event triggered, running!",
        "15 of 15",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected:?} is missing: {run}"
        );
    }
}

/// The example files are the documents' blocks, byte for byte, all of them and in their order.
#[test]
fn examples_are_the_documents_blocks() {
    for document in [EXPLAINED, MODULE] {
        let Some(path) = document.seed_path() else {
            continue;
        };
        let text = fs::read_to_string(&path).expect("a document is UTF-8 text");
        let blocks = fenced_python_blocks(&text);
        assert_eq!(
            blocks.len(),
            document.blocks.len(),
            "blocks in {}",
            path.display()
        );
        for (number, block) in (1..).zip(&blocks) {
            assert_eq!(
                *block,
                document.block(number),
                "block {number} of {}",
                path.display()
            );
        }
        let folder = workspace().join("python_examples").join(document.folder);
        let files = fs::read_dir(&folder).expect("the examples' folder").count();
        assert_eq!(files, blocks.len(), "files in {}", folder.display());
    }
}

/// The text between a line "```python" and the next line "```".
fn fenced_python_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if line.trim_end() == "```python" {
            let inside = lines.by_ref().take_while(|line| line.trim_end() != "```");
            blocks.push(inside.collect());
        }
    }
    blocks
}
