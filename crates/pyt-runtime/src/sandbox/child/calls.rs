//! Runs what the host asks for, one call at a time, on the main thread. Another thread reads the
//! host's messages meanwhile.

use std::{
    collections::BTreeMap,
    io,
    os::unix::net::UnixStream,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use pyt_vm::deadlock::CONTROL_THREAD;

use super::{Never, leave, link::Link, receive, unexpected};
use crate::{
    Error, Interrupter, Limits, Python, Runtime, Value,
    sandbox::{
        protocol::{Call, FrameReader, Setup, ToChild, ToHost},
        wire::{ObjectBytes, ObjectSource},
    },
    unpack, unpack_kw,
};

/// The stack of the thread that reads messages: a header is decoded on it.
const READER_STACK: usize = 512 << 10;

/// A call that the host asked for.
struct Request {
    id: u64,
    call: Call,
    limits: Limits,
    payload: Vec<u8>,
}

/// Runs calls until the process ends.
pub(super) fn serve(
    runtime: &Runtime,
    link: &Arc<Link>,
    setup: &Setup,
    reader: &mut FrameReader,
    socket: &UnixStream,
) -> io::Result<Never> {
    let (requests, work) = mpsc::channel();
    let interrupter = runtime.interrupter();
    let most = setup.confinement.message;
    thread::scope(|scope| {
        let mut reading = || read(reader, socket, link, &interrupter, &requests);
        thread::Builder::new()
            .name(CONTROL_THREAD.to_owned())
            .stack_size(READER_STACK)
            .spawn_scoped(scope, move || {
                let error = reading();
                super::give_up(&error.to_string());
            })?;
        let _panics = LeaveOnPanic;
        while let Ok(request) = work.recv() {
            let id = request.id;
            let result = perform(runtime, request, most);
            let (error, payload) = match &result {
                Ok(value) => (None, value.as_slice()),
                Err(error) => (Some(error.to_parts()), [].as_slice()),
            };
            link.send(&ToHost::Done { id, error }, payload);
        }
        Err(unexpected())
    })
}

/// The exit status of a Rust program that panics.
const PANICKED: i32 = 101;

/// Ends the process if the interpreter panics: nothing of it can be relied on afterwards, and the
/// host waits.
struct LeaveOnPanic;

impl Drop for LeaveOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            leave(PANICKED);
        }
    }
}

/// Reads messages until that fails.
fn read(
    reader: &mut FrameReader,
    socket: &UnixStream,
    link: &Link,
    interrupter: &Interrupter,
    requests: &Sender<Request>,
) -> io::Error {
    loop {
        match receive(reader, socket) {
            Ok((message, payload)) => match message {
                ToChild::Call { id, call, limits } => {
                    // The main thread takes calls for as long as this thread runs.
                    let _ = requests.send(Request {
                        id,
                        call,
                        limits,
                        payload,
                    });
                }
                ToChild::Interrupt { class, message } => {
                    interrupter.interrupt_with(&class, message.as_deref());
                }
                ToChild::Stop { grace } => {
                    interrupter.stop(grace);
                }
                ToChild::Reply { id, error } => link.reply(id, error.map_or(Ok(payload), Err)),
                ToChild::Setup(_) => return unexpected(),
            },
            Err(error) => return error,
        }
    }
}

/// The bytes of the call's value.
fn perform(runtime: &Runtime, request: Request, most: usize) -> Result<Vec<u8>, Error> {
    let Request {
        call,
        limits,
        payload,
        ..
    } = request;
    let value = runtime
        .with_limits(&limits, |py| run(py, &call, &payload))
        .flatten()?;
    if value.len() > most {
        return Err(Error::new(
            "ValueError",
            format!(
                "the value has {} bytes, and a message of the sandbox at most {most}",
                value.len()
            ),
        ));
    }
    Ok(value)
}

fn run(py: Python<'_>, call: &Call, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let source = || {
        let text = str::from_utf8(payload);
        text.map_err(|_| Error::new("ValueError", "the source is not UTF-8"))
    };
    let value: Value = match call {
        Call::Exec => {
            py.exec(source()?)?;
            return Ok(Vec::new());
        }
        Call::Set { name } => {
            py.set(name, py.to_python(&ObjectSource(payload))?)?;
            return Ok(Vec::new());
        }
        Call::Eval => py.eval(source()?)?,
        Call::Get { name } => py.get(name)?,
        Call::Function { name } => {
            let function = find(py, name)?;
            let arguments = py.to_python(&ObjectSource(payload))?;
            let (positional, keywords): (Vec<Value>, BTreeMap<String, Value>) =
                arguments.extract()?;
            function.call((unpack(positional), unpack_kw(keywords)))?
        }
    };
    let bytes: ObjectBytes = value.deserialize()?;
    Ok(bytes.0)
}

/// What a name with dots stands for: the first part is a name of `__main__`, the others are
/// attributes.
fn find(py: Python<'_>, name: &str) -> Result<Value, Error> {
    let mut parts = name.split('.');
    let mut found: Value = py.get(parts.next().unwrap_or_default())?;
    for part in parts {
        found = found.getattr(part)?;
    }
    Ok(found)
}
