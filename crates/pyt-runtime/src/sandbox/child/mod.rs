//! The process of a sandboxed interpreter, from its `main` to its end.
//!
//! It first confines itself, while nothing in it is hostile yet, in an order in which each step can
//! still do what it needs: [`process`] (limits, the end with the host), [`ruleset`] (files), the
//! interpreter, [`filter`] (system calls). Then it runs what the host asks for ([`calls`]), and
//! passes messages ([`link`]). Nothing that it says afterwards is believed by the host.

mod calls;
pub(super) mod filter;
mod link;
mod process;
pub(super) mod ruleset;

use std::{io, os::unix::net::UnixStream, sync::Arc};

use self::link::Link;
use super::{
    policy::{self, Protection},
    protocol::{
        CHILD_VARIABLE, FrameReader, MAX_HEADER, Received, Setup, StreamForm, ToChild, ToHost,
        VERSION,
    },
};
use crate::{Error, Function, Input, ModuleBuilder, Output, Python, Rest, Runtime, Value};

/// The exit status of a process that could not become a sandbox's, or lost the host.
const FAILURE: i32 = 70;

/// Makes this process the interpreter of a sandbox, if that is what it was started for, and then
/// never returns. Otherwise returns at once.
///
/// Call it first in `main`, before any thread is started, in each program that builds sandboxes of
/// its own program:
///
/// ```no_run
/// # use pyt_runtime::Error;
/// fn main() -> Result<(), Error> {
///     pyt_runtime::sandbox::child_main();
///     // The program itself.
///     Ok(())
/// }
/// ```
pub fn child_main() {
    let Some(given) = std::env::var_os(CHILD_VARIABLE) else {
        return;
    };
    let given = given.to_string_lossy();
    let host = given.split_once(':').and_then(|(version, host)| {
        let version: u32 = version.parse().ok()?;
        (version == VERSION).then_some(host.parse().ok()).flatten()
    });
    let Some(host) = host else {
        give_up(&format!(
            "{CHILD_VARIABLE}={given} is not of this version of pyt: the host and the program of its \
             sandboxes must be built from the same one"
        ));
    };
    match run(host) {
        Ok(never) => match never {},
        Err(error) => give_up(&error.to_string()),
    }
}

/// What no function returns.
enum Never {}

/// Ends the process. Nothing is flushed or called on the way.
fn leave(status: i32) -> ! {
    // SAFETY: ending a process is always possible.
    unsafe { libc::_exit(status) }
}

fn give_up(reason: &str) -> ! {
    eprintln!("pyt: the sandbox's process cannot go on: {reason}");
    leave(FAILURE)
}

fn run(host: u32) -> io::Result<Never> {
    process::bind_to_host(host)?;
    let socket = Arc::new(process::take_socket()?);
    if process::threads()? != 1 {
        return Err(io::Error::other(
            "call child_main first in main, before threads are started",
        ));
    }
    let mut reader = FrameReader::new(MAX_HEADER);
    let setup = match receive(&mut reader, &socket)? {
        (ToChild::Setup(setup), _) => *setup,
        _ => return Err(unexpected()),
    };
    process::limit_files(&setup.confinement)?;
    let link = Arc::new(Link::new(socket.clone()));
    let mut reader = FrameReader::new(setup.confinement.message + MAX_HEADER);
    match begin(&setup, &link) {
        Ok((runtime, missing)) => {
            link.send(&ToHost::Ready { missing }, &[]);
            calls::serve(&runtime, &link, &setup, &mut reader, &socket)
        }
        Err(error) => {
            let error = error.to_parts();
            link.send(&ToHost::Failed { error }, &[]);
            leave(FAILURE)
        }
    }
}

/// Blocks until the next message is there, and returns it with its payload.
fn receive(reader: &mut FrameReader, socket: &UnixStream) -> io::Result<(ToChild, Vec<u8>)> {
    match reader.receive(socket)? {
        Received::Frame(frame) => {
            let (message, payload) = frame.parse().map_err(io::Error::other)?;
            Ok((message, payload.to_vec()))
        }
        // The host has ended, or has no use for the sandbox any more.
        Received::End => leave(0),
        Received::Nothing | Received::TooLong(_) => Err(unexpected()),
    }
}

fn unexpected() -> io::Error {
    io::Error::other("the host sent what was not expected")
}

/// Makes the interpreter and confines the process. Returns what the kernel did not offer.
fn begin(setup: &Setup, link: &Arc<Link>) -> Result<(Runtime, Vec<Protection>), Error> {
    let confinement = &setup.confinement;
    let mut missing = ruleset::missing();
    if !filter::is_offered() {
        missing.push(Protection::Seccomp);
    }
    if let Some(error) = policy::lacking(&confinement.needed, &missing) {
        return Err(error);
    }
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        Error::new("RuntimeError", format!("the sandbox's {what}: {error}"))
    };
    let status = process::open_status().map_err(|error| failed("memory", &error))?;
    if !missing.contains(&Protection::Landlock) {
        ruleset::apply(confinement).map_err(|error| failed("files", &error))?;
    }
    let runtime = build(setup, link)?;
    if !setup.warm_up.is_empty() {
        runtime.exec(&setup.warm_up)?;
    }
    process::limit_memory(status, confinement, setup.host.stack_size)
        .map_err(|error| failed("memory", &error))?;
    if !missing.contains(&Protection::Seccomp) {
        let files = match (confinement.write.is_empty(), confinement.read.is_empty()) {
            (false, _) => filter::Files::Writable,
            (true, false) => filter::Files::Readable,
            (true, true) => filter::Files::None,
        };
        filter::apply(files).map_err(|error| failed("system calls", &error))?;
    }
    Ok((runtime, missing))
}

fn build(setup: &Setup, link: &Arc<Link>) -> Result<Runtime, Error> {
    let mut builder = Runtime::builder().options(setup.options.clone());
    builder.host = setup.host.clone();
    builder.host.isolate();
    builder.isolation.clone_from(&setup.isolation);
    builder = builder
        .stdin(Input::text(setup.stdin.clone()))
        .stdout(output(setup.stdout, super::protocol::Stream::Stdout, link))
        .stderr(output(setup.stderr, super::protocol::Stream::Stderr, link));
    let mut modules: Vec<(&str, ModuleBuilder)> = Vec::new();
    for (index, (module, name)) in setup.functions.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let function = host_function(index, name, link);
        let at = modules.iter().position(|(known, _)| known == module);
        let (_, builder) = match at {
            Some(at) => modules.remove(at),
            None => (module.as_str(), ModuleBuilder::new(module)),
        };
        modules.push((module, builder.add_function(function)));
    }
    // A package before the modules in it.
    modules.sort_by_key(|(name, _)| *name);
    for (_, module) in modules {
        builder = builder.module(module);
    }
    builder.build()
}

fn output(form: StreamForm, stream: super::protocol::Stream, link: &Arc<Link>) -> Output {
    let link = link.clone();
    match form {
        StreamForm::Nowhere => Output::null(),
        StreamForm::Bytes => Output::writer(link::StreamWriter::new(stream, link)),
        StreamForm::Lines => Output::lines(move |line| {
            let thread = Some(line.thread.to_owned());
            let header = ToHost::Output {
                stream,
                line: thread,
            };
            link.send(&header, line.text.as_bytes());
        }),
    }
}

/// A function of the host's, as Python code sees it.
fn host_function(index: u32, name: &str, link: &Arc<Link>) -> Function {
    let link = link.clone();
    let call = move |py: Python<'_>, Rest(arguments): Rest<Value>| -> Result<Value, Error> {
        let arguments: Value = py.value(arguments)?;
        let arguments: super::wire::ObjectBytes = arguments.deserialize()?;
        let result = py.detach(|| link.request(index, &arguments.0))?;
        py.to_python(&super::wire::ObjectSource(&result))
    };
    Function::new(name, call)
}
