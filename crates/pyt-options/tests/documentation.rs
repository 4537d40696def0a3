//! The tables in docs/cli.md are those that the table of options makes.

use std::{fs, path::Path};

/// Set it to write the tables instead of comparing them.
const WRITE: &str = "PYT_WRITE_DOCS";

#[test]
fn the_tables_in_the_documentation_are_new() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/cli.md: {error}"));
    let renewed = pyt_options::documentation::renewed(&text)
        .unwrap_or_else(|error| panic!("docs/cli.md: {error}"));
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, renewed).unwrap_or_else(|error| panic!("docs/cli.md: {error}"));
        return;
    }
    for (index, (old, new)) in text.lines().zip(renewed.lines()).enumerate() {
        assert!(
            old == new,
            "docs/cli.md, line {}, is not what the table of options makes:\n  is:      {old}\n  \
             becomes: {new}\nTo renew the tables: {WRITE}=1 cargo test -p pyt-options",
            index + 1
        );
    }
    assert_eq!(text.lines().count(), renewed.lines().count());
}
