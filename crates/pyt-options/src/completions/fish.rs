//! The script for fish.

use std::fmt::Write as _;

use super::offers::{Values, ends_at_program, forms, offered, operands, subcommands};
use crate::{Command, Positional};

/// What is the same whatever the table says.
const BODY: &str = r#"
# Prints the command of the command line, or nothing where its options have ended.
function __pyt_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l command python
    if contains -- $words[1] $__pyt_commands
        set command $words[1]
        set -e words[1]
    end
    set -l takes __pyt_takes_$command
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if test $word = --
            return
        else if contains -- $word $$takes
            contains -- $word -c -m; and return
            set skip 1
        else if string match -qr -- '^(-[cm].+|[^-].*|-)$' $word
            contains -- $command $__pyt_ends_at_program; and return
        end
    end
    echo $command
end

function __pyt_is -a command
    set -l found (__pyt_command)
    test "$found" = $command
end

function __pyt_is_first
    test (count (commandline -opc)) = 1
end
"#;

pub(super) fn script() -> String {
    let mut out = String::from("# Completes pyt in fish. Made by `pyt completions fish`.\n\n");
    let _ = writeln!(out, "set -g __pyt_commands {}", subcommands().join(" "));
    let ends = Command::ALL
        .into_iter()
        .filter(|command| ends_at_program(*command));
    let ends: Vec<&str> = ends.map(name).collect();
    let _ = writeln!(out, "set -g __pyt_ends_at_program {}", ends.join(" "));
    for command in Command::ALL {
        let takes = offered(command).filter(|option| option.value.is_some());
        let takes: Vec<String> = takes.flat_map(forms).collect();
        let _ = writeln!(
            out,
            "set -g __pyt_takes_{} {}",
            name(command),
            takes.join(" ")
        );
    }
    out.push_str(BODY);
    out.push('\n');
    for command in Command::subcommands() {
        let spec = command.spec();
        let _ = writeln!(
            out,
            "complete -c pyt -n __pyt_is_first -a {} -d {}",
            spec.name,
            quoted(spec.help)
        );
    }
    for command in Command::ALL {
        let _ = writeln!(out, "\n# {}", command.spec().line());
        let condition = quoted(&format!("__pyt_is {}", name(command)));
        for option in offered(command) {
            let _ = write!(out, "complete -c pyt -n {condition}");
            if let Some(letter) = option.short {
                let _ = write!(out, " -s {letter}");
            }
            if let Some(long) = option.long {
                let _ = write!(out, " -l {long}");
            }
            match Values::of(option) {
                Some(Values::Words(words)) => {
                    let _ = write!(out, " -x -a {}", quoted(&words.join(" ")));
                }
                Some(Values::Folder) => out.push_str(" -x -a '(__fish_complete_directories)'"),
                Some(Values::File) => out.push_str(" -r -F"),
                Some(Values::Unknown) => out.push_str(" -x"),
                None => {}
            }
            let _ = writeln!(out, " -d {}", quoted(option.help));
        }
        let words = operands(command);
        if !words.is_empty() {
            let words = quoted(&words.join(" "));
            let _ = writeln!(out, "complete -c pyt -n {condition} -f -a {words}");
        }
        let mut operands = command.spec().operands.iter();
        if operands.any(|operand| operand.positional == Positional::Schedule) {
            let files = quoted("(__fish_complete_suffix .schedule)");
            let _ = writeln!(out, "complete -c pyt -n {condition} -k -a {files}");
        }
    }
    out
}

fn name(command: Command) -> &'static str {
    match command {
        Command::Python => "python",
        _ => command.spec().name,
    }
}

/// A word of fish.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
