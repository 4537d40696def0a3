//! The environment variables that no option does the same as.

use crate::{Effect, OptionSpec};

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::HashSeed,
        "random, or a number from 0 to 4294967295 for the same hashes each time",
    )
    .variable("PYTHONHASHSEED", "random|N"),
    OptionSpec::new(
        Effect::IoEncoding,
        "the encoding of the standard streams, and what they do with other characters",
    )
    .variable("PYTHONIOENCODING", "ENCODING[:ERRORS]"),
    OptionSpec::new(Effect::SearchPaths, "folders to import from first")
        .long_help("folders to import from first, parted by `:`")
        .variable("PYTHONPATH", "FOLDER:..."),
    OptionSpec::new(Effect::StartupFile, "a file to run before the first prompt")
        .variable("PYTHONSTARTUP", "FILE"),
    OptionSpec::new(
        Effect::History,
        "the file that the prompt keeps its history in",
    )
    .variable("PYTHON_HISTORY", "FILE"),
    OptionSpec::new(Effect::UserBase, "the folder above the user's site folder")
        .variable("PYTHONUSERBASE", "FOLDER"),
];
