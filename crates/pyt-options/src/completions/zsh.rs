//! The script for zsh.

use std::fmt::Write as _;

use super::offers::{Values, ends_at_program, forms, offered, operands};
use crate::{Command, Operand, OptionSpec, Positional};

pub(super) fn script() -> String {
    let mut out =
        String::from("#compdef pyt\n# Completes pyt in zsh. Made by `pyt completions zsh`.\n");
    for command in Command::ALL {
        function(&mut out, command);
    }
    out.push_str("\n_pyt_commands() {\n    local -a commands=(\n");
    for command in Command::subcommands() {
        let spec = command.spec();
        let _ = writeln!(
            out,
            "        {}",
            quoted(&format!("{}:{}", spec.name, spec.help))
        );
    }
    out.push_str(
        "    )\n    _describe -t commands command commands\n}\n\n_pyt_first() {\n    \
         _alternative 'commands:command:_pyt_commands' 'files:program:_files'\n}\n\n_pyt() {\n    \
         if (( CURRENT > 2 )); then\n        case $words[2] in\n",
    );
    for command in Command::subcommands() {
        let name = command.spec().name;
        let _ = writeln!(
            out,
            "        {name})\n            shift words\n            (( CURRENT-- ))\n            \
             _pyt_{name}\n            return\n            ;;"
        );
    }
    out.push_str(
        "        esac\n    fi\n    _pyt_python\n}\n\n\
         if [[ $funcstack[1] == _pyt ]]; then\n    _pyt \"$@\"\nelse\n    compdef _pyt pyt\nfi\n",
    );
    out
}

/// The function that completes the arguments of one command.
fn function(out: &mut String, command: Command) {
    let name = match command {
        Command::Python => "python",
        _ => command.spec().name,
    };
    let flags = if ends_at_program(command) {
        "-s -S -A '-*'"
    } else {
        "-s -S"
    };
    let _ = writeln!(out, "\n_pyt_{name}() {{\n    _arguments {flags} : \\");
    for option in offered(command) {
        for form in forms(option) {
            let _ = writeln!(out, "        {} \\", quoted(&specification(option, &form)));
        }
    }
    let words = operands(command);
    if !words.is_empty() {
        let name = command.spec().operands[0].name;
        let _ = writeln!(
            out,
            "        {}\n}}",
            quoted(&format!("1:{name}:({})", words.join(" ")))
        );
        return;
    }
    let mut specifications = Vec::new();
    for (number, operand) in (1..).zip(command.spec().operands) {
        let action = match operand.positional {
            Positional::Program if command == Command::Python => "_pyt_first",
            Positional::Schedule => "_files -g \"*.schedule\"",
            _ => "_files",
        };
        specifications.push(match operand {
            // Two colons: these words have no options of pyt's.
            Operand {
                positional: Positional::Arguments,
                after_dashes: false,
                ..
            } => format!("*::{}:_default", operand.name),
            Operand { repeated: true, .. } => format!("*:{}:{action}", operand.name),
            _ => format!("{number}:{}:{action}", operand.name),
        });
    }
    let lines: Vec<String> = specifications.iter().map(|text| quoted(text)).collect();
    let _ = writeln!(out, "        {}\n}}", lines.join(" \\\n        "));
}

/// The specification of a form of an option, for `_arguments`.
fn specification(option: &OptionSpec, form: &str) -> String {
    let escaped = |text: &str| {
        text.replace('\\', "\\\\")
            .replace(':', "\\:")
            .replace('[', "\\[")
            .replace(']', "\\]")
    };
    let is_long = form.starts_with("--");
    let help = escaped(option.help);
    let Some(value) = option.value else {
        // CPython's flags may be repeated.
        let again = if is_long { "" } else { "*" };
        return format!("{again}{form}[{help}]");
    };
    let action = match Values::of(option) {
        Some(Values::Words(words)) => {
            let words: Vec<String> = words.iter().map(|word| escaped(word)).collect();
            format!("({})", words.join(" "))
        }
        Some(Values::Folder) => "_files -/".to_owned(),
        Some(Values::File) => "_files".to_owned(),
        Some(Values::Unknown) | None => " ".to_owned(),
    };
    let joined = match (is_long, option.commands.contains(&Command::Python)) {
        (true, false) => "=",
        (true, true) => "",
        (false, _) => "+",
    };
    let again = if is_long { "" } else { "*" };
    format!(
        "{again}{form}{joined}[{help}]:{}:{action}",
        escaped(value.name)
    )
}

/// A word of zsh.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
