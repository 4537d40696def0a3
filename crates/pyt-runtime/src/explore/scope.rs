//! Which code of a program is looked into: the files below its script's folder and below the
//! current one, and what options name.

use std::path::{Path, PathBuf};

use pyt_instrument::LookInto;
use rustpython_vm::VirtualMachine;

use super::script::ExploredProgram;
use crate::{command::run::Program, paths::absolute};

/// From now on, the code of this program is looked into.
pub(super) fn look_into(
    program: ExploredProgram<'_>,
    include: &[String],
    exclude: &[String],
    vm: &VirtualMachine,
) {
    let script = match program {
        ExploredProgram::Script(path) => Some(path),
        ExploredProgram::Module(_) => None,
    };
    pyt_instrument::look_into(
        LookInto {
            folders: folders(script),
            include: include.to_vec(),
            exclude: exclude.to_vec(),
        },
        vm,
    );
}

/// As [`look_into`], for what `pyt run` runs.
pub(super) fn look_into_program(program: &Program, vm: &VirtualMachine) {
    let script = match program {
        Program::File(path) => Some(&**path),
        _ => None,
    };
    let folders = folders(script);
    pyt_instrument::look_into(
        LookInto {
            folders,
            ..LookInto::default()
        },
        vm,
    );
}

/// Those of `names` that are modules of the program's own in another language: each of their
/// functions is one step, whatever options say.
pub(super) fn native_among(names: &[String], vm: &VirtualMachine) -> Vec<String> {
    let is_native = |name: &&String| vm.state.module_defs.contains_key(name.as_str());
    names.iter().filter(is_native).cloned().collect()
}

/// The script's folder, as it is named and as it is, and the current folder.
fn folders(script: Option<&Path>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::current_dir().into_iter().collect();
    if let Some(script) = script {
        let named = absolute(script);
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        // Of a folder or a zip file that is run, its own files.
        let holder = |path: &Path| match path.is_dir() {
            true => Some(path.to_owned()),
            false => path.parent().map(Path::to_owned),
        };
        folders.extend([holder(&named), holder(&real)].into_iter().flatten());
    }
    folders
}
