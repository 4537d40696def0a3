//! The tables in docs/cli.md are those that the table of options makes.

use std::{fs, path::Path};

#[test]
fn the_tables_in_the_documentation_are_new() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/cli.md: {error}"));
    let renewed = pyt_options::documentation::renewed(&text)
        .unwrap_or_else(|error| panic!("docs/cli.md: {error}"));
    for (index, (old, new)) in text.lines().zip(renewed.lines()).enumerate() {
        assert!(
            old == new,
            "docs/cli.md, line {}, is not what the table of options makes:\n  is:      {old}\n  \
             becomes: {new}\n`cargo xtask docs` renews the tables",
            index + 1
        );
    }
    assert_eq!(text.lines().count(), renewed.lines().count());
}
