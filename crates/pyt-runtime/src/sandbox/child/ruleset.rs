//! Which files a confined process may open and change, by Landlock; and that it may reach no port,
//! no abstract socket and no process outside.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath,
    PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, Scope,
};

use crate::sandbox::policy::{Confinement, Protection};

/// The newest version whose rights are used. What an older kernel does not know is left out.
const NEWEST: ABI = ABI::V6;

/// The version from which truncating a file is a right.
const LEAST: i64 = 3;

/// The version from which signals and abstract sockets are looked at.
const WITH_SCOPES: i64 = 6;

/// What the kernel's version lacks.
pub(in crate::sandbox) fn missing() -> Vec<Protection> {
    let version = version();
    let mut missing = Vec::new();
    if version < LEAST {
        missing.push(Protection::Landlock);
    }
    if version < WITH_SCOPES {
        missing.push(Protection::LandlockScopes);
    }
    missing
}

/// The version of Landlock that the kernel offers; less than 1 if it offers none.
fn version() -> i64 {
    const LANDLOCK_CREATE_RULESET_VERSION: u32 = 1;
    let nothing = std::ptr::null::<u8>();
    // SAFETY: with this flag the call reads no memory.
    unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            nothing,
            0_usize,
            LANDLOCK_CREATE_RULESET_VERSION,
        )
    }
}

/// Restricts the calling thread, and the threads that it starts from now on.
pub(super) fn apply(confinement: &Confinement) -> Result<(), RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (paths, access) in [(&confinement.read, read), (&confinement.write, write)] {
        for path in paths {
            let Ok(opened) = PathFd::new(path) else {
                // It was there when the sandbox was built. What is not there cannot be opened.
                continue;
            };
            let beneath = PathBeneath::new(opened, for_kind(path, access));
            ruleset = ruleset.add_rule(beneath)?;
        }
    }
    ruleset.restrict_self()?;
    Ok(())
}

/// The rights that can be granted for `path`: a file has no entries.
fn for_kind(path: &Path, access: BitFlags<AccessFs>) -> BitFlags<AccessFs> {
    if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    }
}
