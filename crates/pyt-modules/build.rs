//! Writes the docstrings of native functions and classes into one compressed file.
//!
//! `rustpython-doc` has an index of them, of tens of thousands of addresses: in the binary each
//! would be corrected at every start. In the file a name and its text follow each other, each ended
//! by a null character. A second file has hashes of the names, in their order: whether there is a
//! text is known without unpacking any.
//!
//! Docstrings of classes are in a third file besides, as they are: each class has its own among its
//! attributes, from when it is made. A fourth file has their names' hashes, in their order, each
//! with the place and length of the text.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

/// Modules whose classes have docstrings by other means.
const WITHOUT_CLASSES: [&str; 1] = ["_ast"];

/// FNV-1a, as `docstrings.rs` computes it.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let text = xz::decode_all(rustpython_doc::BLOB).expect("docstrings that cannot be decoded");
    let text = String::from_utf8(text).expect("docstrings that are no text");
    let mut file = String::new();
    let mut hashes = Vec::new();
    let (mut class_docs, mut class_places) = (String::new(), Vec::new());
    let owners: BTreeSet<&str> = rustpython_doc::DB
        .iter()
        .filter_map(|(name, _)| Some(name.rsplit_once('.')?.0))
        .collect();
    for (name, place) in rustpython_doc::DB {
        let begin = place.offset as usize;
        let doc = &text[begin..begin + place.len as usize];
        let module = name.rsplit_once('.').map(|(module, _)| module);
        if module.is_some_and(|module| !WITHOUT_CLASSES.contains(&module))
            && owners.contains(name)
            && !doc.is_empty()
        {
            let length = |text: &str| u32::try_from(text.len()).expect("docstrings too long");
            class_places.push((hash(name), length(&class_docs), length(doc)));
            class_docs.push_str(doc);
        }
        if !doc.is_empty() && !doc.contains('\0') {
            hashes.push(hash(name));
            file.push_str(name);
            file.push('\0');
            file.push_str(doc);
            file.push('\0');
        }
    }
    let compressed = xz::encode_all(file.as_bytes(), 9).expect("docstrings that cannot be encoded");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    fs::write(folder.join("docstrings.xz"), compressed).expect("a file that can be written");
    fs::write(folder.join("classes.docs"), class_docs).expect("a file that can be written");
    class_places.sort_unstable();
    let class_places: Vec<u8> = class_places
        .iter()
        .flat_map(|(hash, place, length)| {
            let (hash, place) = (hash.to_le_bytes(), place.to_le_bytes());
            [&hash[..], &place[..], &length.to_le_bytes()[..]].concat()
        })
        .collect();
    fs::write(folder.join("classes.places"), class_places).expect("a file that can be written");
    hashes.sort_unstable();
    let hashes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    fs::write(folder.join("docstrings.hashes"), hashes).expect("a file that can be written");
}
