//! Wrong arguments of subcommands, and misspelt subcommands, in pyt's words.
//!
//! What is wrong is found by clap. What the arguments are for is not known here.

use std::{error::Error as _, ffi::OsStr, path::Path};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use pyt_options::{Command, pages};

/// What is said of arguments that clap refuses: a line.
pub(crate) fn text(command: Command, error: &clap::Error) -> String {
    let line = command.spec().line();
    format!("{line}: {} (see {line} --help)", reason(error))
}

fn reason(error: &clap::Error) -> String {
    let argument = context(error, ContextKind::InvalidArg);
    let value = context(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => match &*argument {
            [] => "an argument is missing".to_owned(),
            [one] => format!("{} is missing", with_article(one)),
            several => format!("these are missing: {}", several.join(", ")),
        },
        ErrorKind::UnknownArgument => {
            let argument = argument.concat();
            let suggested = context(error, ContextKind::SuggestedArg).concat();
            let like = match suggested.as_str() {
                "" => String::new(),
                name => format!(" (similar: {name})"),
            };
            match argument.starts_with('-') {
                true => format!("unknown option {argument}{like}"),
                false => format!("one argument too many: {argument:?}"),
            }
        }
        ErrorKind::InvalidValue if value.concat().is_empty() => {
            format!("{} needs a value", option(&argument))
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let option = option(&argument);
            match error.source() {
                Some(source) => format!("wrong value {:?} for {option}: {source}", value.concat()),
                None => format!("wrong value {:?} for {option}", value.concat()),
            }
        }
        ErrorKind::ArgumentConflict => {
            let prior = context(error, ContextKind::PriorArg);
            match prior == argument || prior.is_empty() {
                true => format!("{} is given more than once", option(&argument)),
                false => format!(
                    "{} and {} do not go together",
                    option(&argument),
                    option(&prior)
                ),
            }
        }
        // Of the first line, what clap says.
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    }
}

/// What clap knows of an error.
fn context(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// The name of an option, which clap shows with its value: `--seed <N>`.
fn option(argument: &[String]) -> String {
    let argument = argument.concat();
    let name = argument.split([' ', '=']).next().unwrap_or_default();
    without_brackets(name)
}

/// An operand as it is named in help: `a FILE`, for `<FILE>...`.
fn with_article(operand: &str) -> String {
    let name = without_brackets(operand.trim_end_matches("..."));
    format!("a {name}")
}

fn without_brackets(name: &str) -> String {
    name.replace(['<', '>', '[', ']'], "")
}

/// The subcommand that a word may have been meant as, which is neither one nor a path that there
/// is: what is said of it when the script was not found.
pub(crate) fn meant(word: &OsStr) -> Option<String> {
    let is_there = Path::new(word).symlink_metadata().is_ok();
    let word = word.to_str()?;
    let is_word = word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_there || !is_word || Command::named(word).is_some() {
        return None;
    }
    let commands = Command::subcommands().map(pyt_options::Command::spec);
    let near = pages::nearest(word, commands.map(|spec| spec.name));
    let near: Vec<String> = near.iter().map(|name| format!("`pyt {name}`")).collect();
    (!near.is_empty()).then(|| format!("pyt: did you mean {}?", near.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_near_a_subcommand_are_taken_for_it() {
        let meant = |word: &str| meant(OsStr::new(word));
        assert_eq!(
            meant("exlpore").as_deref(),
            Some("pyt: did you mean `pyt explore`?")
        );
        assert_eq!(
            meant("replya").as_deref(),
            Some("pyt: did you mean `pyt replay`?")
        );
        assert_eq!(
            meant("rnu").as_deref(),
            Some("pyt: did you mean `pyt run`?")
        );
        assert_eq!(meant("explore"), None);
        assert_eq!(meant("exlpore.py"), None);
        assert_eq!(meant("./exlpore"), None);
        assert_eq!(meant("something"), None);
    }
}
