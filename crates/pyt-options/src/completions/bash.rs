//! The script for bash.

use std::fmt::Write as _;

use super::offers::{Values, ends_at_program, forms, offered, operands, subcommands};
use crate::Command;

/// What is the same whatever the table says. `_pyt_table` is made from the table: it sets, for the
/// command in `$command` and the option in `$1`, what is offered.
const BODY: &str = r#"
_pyt() {
    local command=python options operands values takes ends_at_program
    local -a words=()
    local i word joined='' current='' ended='' kept=''

    # bash splits words at `=`: join them again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 1 && ($joined || $word == '=') ]]; then
            words[${#words[@]} - 1]+=$word
            joined=''
            [[ $word == '=' ]] && joined=1
        else
            words+=("$word")
        fi
    done
    local last=$((${#words[@]} - 1))
    current=${words[last]}

    i=1
    if ((last > 1)) && [[ " $_pyt_commands " == *" ${words[1]} "* ]]; then
        command=${words[1]}
        i=2
    fi
    _pyt_table ''

    # The words before the current one: is it the value of an option, or the program's?
    local expects=''
    for (( ; i < last; i++)); do
        word=${words[i]}
        expects=''
        if [[ $word == -- ]]; then
            ended=1
            break
        elif [[ " $takes " == *" $word "* ]]; then
            expects=$word
            ((i + 1 < last)) || continue
            [[ $word == -c || $word == -m ]] && ended=1 && break
            ((i++))
            expects=''
        elif [[ $word == -c?* || $word == -m?* || $word != -?* ]] && [[ $ends_at_program ]]; then
            ended=1
            break
        fi
    done

    COMPREPLY=()
    [[ $ended ]] && return
    if [[ ! $expects && $current == --*=* ]]; then
        expects=${current%%=*}
        kept=$expects=
        current=${current#*=}
    elif [[ ! $expects && $current == -X?* ]]; then
        expects=-X
        kept=-X
        current=${current#-X}
    fi
    if [[ $expects ]]; then
        _pyt_table "$expects"
        if [[ $values == FOLDER ]]; then
            local IFS=$'\n'
            COMPREPLY=($(compgen -d -- "$current"))
            compopt -o filenames 2>/dev/null
            return
        fi
        COMPREPLY=($(compgen -W "$values" -- "$current"))
        compopt +o default +o bashdefault 2>/dev/null
        [[ ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif ((last == 1)); then
        COMPREPLY=($(compgen -W "$_pyt_commands" -- "$current"))
    elif [[ $operands ]]; then
        COMPREPLY=($(compgen -W "$operands" -- "$current"))
    fi

    # What bash replaces begins after the last `=` or `:` of the word.
    local shown=$kept$current prefix
    if [[ $shown == *[=:]* ]]; then
        prefix=${shown%"${shown##*[=:]}"}
        for i in "${!COMPREPLY[@]}"; do
            word=$kept${COMPREPLY[i]}
            COMPREPLY[i]=${word#"$prefix"}
        done
    elif [[ $kept ]]; then
        COMPREPLY=("${COMPREPLY[@]/#/$kept}")
    fi
}

complete -o bashdefault -o default -F _pyt pyt
"#;

pub(super) fn script() -> String {
    let mut out = String::from("# Completes pyt in bash. Made by `pyt completions bash`.\n\n");
    let _ = writeln!(out, "_pyt_commands='{}'", subcommands().join(" "));
    out.push_str("\n_pyt_table() {\n    options='' operands='' values='' takes='' ends_at_program=''\n    case $command in\n");
    for command in Command::ALL {
        let name = match command {
            Command::Python => "python",
            _ => command.spec().name,
        };
        let all: Vec<String> = offered(command).flat_map(forms).collect();
        let takes = offered(command).filter(|option| option.value.is_some());
        let takes: Vec<String> = takes.flat_map(forms).collect();
        let ends = if ends_at_program(command) { "1" } else { "" };
        let _ = write!(
            out,
            "    {name})\n        options='{}'\n        takes='{}'\n        operands='{}'\n        \
             ends_at_program='{ends}'\n        case $1 in\n",
            all.join(" "),
            takes.join(" "),
            operands(command).join(" ")
        );
        for option in offered(command) {
            let values = match Values::of(option) {
                Some(Values::Words(words)) => words.join(" "),
                Some(Values::Folder) => "FOLDER".to_owned(),
                // Files are what bash offers itself.
                Some(Values::File | Values::Unknown) | None => continue,
            };
            let _ = writeln!(
                out,
                "        {}) values='{values}' ;;",
                forms(option).join(" | ")
            );
        }
        out.push_str("        esac\n        ;;\n");
    }
    out.push_str("    esac\n}\n");
    out.push_str(BODY);
    out
}
