//! Settings for a sandbox that is to be made.

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    parent::exchange::{Exchange, HostBody},
    policy::{self, Sandbox},
    protocol::{Setup, StreamForm},
    runtime::SandboxedRuntime,
    wire,
};
use crate::{Builder, Error, Limits, stream::RemoteOutput};

/// Settings for a new [`SandboxedRuntime`], made by
/// [`Builder::sandboxed`](crate::Builder::sandboxed).
#[derive(Clone)]
pub struct SandboxBuilder {
    builder: Builder,
    sandbox: Sandbox,
    functions: Vec<(String, Arc<HostBody>)>,
    warm_up: String,
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.functions.iter().map(|(name, _)| name);
        f.debug_struct("SandboxBuilder")
            .field("builder", &self.builder)
            .field("sandbox", &self.sandbox)
            .field("functions", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Settings for an interpreter in a process of its own, which the kernel confines: see
    /// [`sandbox`](crate::sandbox).
    ///
    /// All settings hold there, except: [modules](Self::module) are not possible, since objects do
    /// not cross (see [`SandboxBuilder::function`]); standard input is a text or empty; the
    /// environment has only what [`env`](Self::env) sets, and `HOME`, which is `/` unless set;
    /// `sys.executable` is empty unless set; folders of the search path can be read. With
    /// [`isolated`](Self::isolated) the program is isolated within the process, too: two walls.
    #[must_use]
    pub fn sandboxed(self, sandbox: Sandbox) -> SandboxBuilder {
        SandboxBuilder {
            builder: self,
            sandbox,
            functions: Vec::new(),
            warm_up: String::new(),
        }
    }
}

impl SandboxBuilder {
    /// Adds a function of the host's. `name` is its module and its name: `"host.add"`. It takes one
    /// tuple of arguments, `()` for none, and a `Vec` for any number. Keyword arguments are not
    /// passed.
    ///
    /// An `Err` is raised as the exception that it is. A panic is raised as `RuntimeError`.
    /// Arguments that do not match the type are a `TypeError` or `ValueError`.
    ///
    /// The function runs on the host's thread that made the call during which the program calls it,
    /// one at a time. The time that it takes counts for the limits, but it is not interrupted. It
    /// cannot call the same sandbox. It is the host's part of the sandbox's wall: check what it is
    /// given.
    #[must_use]
    pub fn function<A: DeserializeOwned, R: Serialize>(
        mut self,
        name: &str,
        function: impl Fn(A) -> Result<R, Error> + Send + Sync + 'static,
    ) -> Self {
        let own = name.to_owned();
        let body = move |bytes: &[u8]| {
            let arguments = wire::from_arguments(bytes).map_err(|error| {
                let message = format!("{own}(): {}", error.message());
                Error::new(error.type_name(), message)
            })?;
            wire::to_bytes(&function(arguments)?)
        };
        self.functions.push((name.to_owned(), Arc::new(body)));
        self
    }

    /// Source that runs before the sandbox is ready, for what each user needs: imports, say. It is
    /// the host's own, and runs before system calls are filtered.
    #[must_use]
    pub fn warm_up(mut self, source: impl Into<String>) -> Self {
        self.warm_up = source.into();
        self
    }

    /// Starts the process and blocks until its interpreter is ready, for some tens of
    /// milliseconds.
    ///
    /// # Errors
    /// [`ErrorKind::Unprotected`](crate::ErrorKind::Unprotected) if a required protection is
    /// missing; [`ErrorKind::Option`](crate::ErrorKind::Option) for settings that are not possible;
    /// [`ErrorKind::Crashed`](crate::ErrorKind::Crashed) if the program of the process does not
    /// call [`child_main`](super::child_main) first; what the interpreter's start and the warm-up
    /// raise.
    pub fn build(&self) -> Result<SandboxedRuntime, Error> {
        let Builder {
            options,
            host,
            streams,
            isolation,
            modules,
            limits,
        } = self.builder.clone();
        let limits = limits.unwrap_or_else(Limits::new);
        if !modules.is_empty() {
            return Err(Error::option(
                "modules cannot be added to a sandbox: objects do not cross; use \
                 SandboxBuilder::function",
            ));
        }
        let (mut options, mut host) = (options, host);
        // Without it the library looks for a user's folder in files.
        host.default_variable("HOME", "/");
        host.check_without_process(&mut options)?;
        let confinement = self.sandbox.confinement(&options.search_paths)?;
        if let Some(error) = policy::lacking(&confinement.needed, &Sandbox::missing()) {
            return Err(error);
        }
        let stdin = streams.stdin.known_text().ok_or_else(|| {
            Error::option("the standard input of a sandbox can be a text or empty, not a reader")
        })?;
        options.executable.get_or_insert_default();
        let functions = self.functions.iter().map(|(name, _)| split(name));
        let functions: Result<Vec<_>, Error> = functions.collect();
        let outputs = (
            RemoteOutput::stdout(&streams.stdout),
            RemoteOutput::stderr(&streams.stderr),
        );
        let setup = Setup {
            confinement,
            options,
            host,
            isolation,
            stdin,
            stdout: form(&outputs.0),
            stderr: form(&outputs.1),
            functions: functions?,
            warm_up: self.warm_up.clone(),
        };
        let bodies = self.functions.iter().map(|(_, body)| body.clone());
        let (exchange, missing) = Exchange::start(&self.sandbox, setup, bodies.collect(), outputs)?;
        Ok(SandboxedRuntime::new(exchange, missing, limits))
    }
}

/// The module and the name of a function.
fn split(name: &str) -> Result<(String, String), Error> {
    let parts = name.rsplit_once('.');
    let parts = parts.filter(|(module, own)| !module.is_empty() && !own.is_empty());
    let (module, own) = parts.ok_or_else(|| {
        Error::option(format!(
            "{name:?} is not the name of a module and of a function in it, such as \"host.add\""
        ))
    })?;
    Ok((module.to_owned(), own.to_owned()))
}

fn form(output: &RemoteOutput) -> StreamForm {
    if output.is_null() {
        StreamForm::Nowhere
    } else if output.takes_lines() {
        StreamForm::Lines
    } else {
        StreamForm::Bytes
    }
}
