//! Calls of a sandboxed interpreter: sends one, serves what the program asks for until it is
//! done, and ends the process when a limit is exceeded.
//!
//! All of this happens on the thread that calls: no thread reads while no call is under way.

use std::{
    io,
    os::{fd::AsRawFd as _, unix::net::UnixStream},
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    outgoing::Outgoing,
    process::{Process, ending},
};
use crate::{
    Error, ErrorKind, Limit, Limits,
    api::error::Crash,
    sandbox::{
        policy::{Confinement, Protection, Sandbox},
        protocol::{
            Call, Frame, FrameReader, MAX_HEADER, Received, Setup, Stream, ToChild, ToHost, frame,
        },
    },
    stream::RemoteOutput,
};

/// How long a process may take to become ready.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How often memory and threads are measured while a call runs.
const MEASURE_INTERVAL: Duration = Duration::from_millis(5);

/// The shortest time between two looks at the processor time.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// How many bytes may wait to be sent before nothing more is read.
const HIGH_WATER: usize = 4 << 20;

/// What a message without text counts as output: sending many costs the host time.
const MESSAGE_COST: u64 = 64;

/// How much more than it may a program may write before its process is ended. The host does not get
/// it.
const OUTPUT_SLACK: u64 = 2 << 20;

/// How much of a program's output is kept, for the error after a crash.
const KEPT_OUTPUT: usize = 4 << 10;

/// The limit on a call's output, unless the host says otherwise.
pub(in crate::sandbox) const DEFAULT_OUTPUT: u64 = 64 << 20;

/// A function of the host's: bytes of arguments to bytes of a value.
pub(in crate::sandbox) type HostBody = dyn Fn(&[u8]) -> Result<Vec<u8>, Error> + Send + Sync;

/// What any thread may use while another one calls.
pub(in crate::sandbox) struct Connection {
    socket: UnixStream,
    outgoing: Mutex<Outgoing>,
    process: Process,
    /// Whether a call is under way.
    is_busy: AtomicBool,
}

impl Connection {
    pub(in crate::sandbox) const fn process_id(&self) -> u32 {
        self.process.id()
    }

    pub(in crate::sandbox) fn kill(&self) {
        self.process.kill();
    }

    pub(in crate::sandbox) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Acquire)
    }

    /// Sends a message beside a call. Returns false if no call is under way, or the process has
    /// not read what was sent before.
    pub(in crate::sandbox) fn notify(&self, message: &ToChild) -> bool {
        let Ok(frame) = frame(message, &[]) else {
            return false;
        };
        let mut outgoing = self.outgoing.lock();
        if !self.is_busy() || outgoing.pending() > HIGH_WATER {
            return false;
        }
        outgoing.push(&frame);
        outgoing.flush(&self.socket);
        true
    }
}

/// One sandbox's process with the host's state of it.
pub(in crate::sandbox) struct Exchange {
    connection: Arc<Connection>,
    reader: FrameReader,
    pub(in crate::sandbox) stdout: RemoteOutput,
    pub(in crate::sandbox) stderr: RemoteOutput,
    functions: Vec<Arc<HostBody>>,
    confinement: Confinement,
    /// The resident memory of the process when it was ready.
    resident: u64,
    last_call: u64,
    is_over: bool,
}

/// What a call under way has used, and what it may.
struct Watch<'a> {
    limits: &'a Limits,
    began: Instant,
    cpu_began: Duration,
    next_measure: Instant,
    written: u64,
    /// The end of the output.
    output: Vec<u8>,
    running: String,
}

/// What a message means for the call under way.
enum Progress {
    Goes,
    Ready(Vec<Protection>),
    Done(Result<Vec<u8>, Error>),
}

impl Exchange {
    /// Starts a process, and blocks until its interpreter is ready. Returns also what protections
    /// are missing.
    pub(in crate::sandbox) fn start(
        sandbox: &Sandbox,
        setup: Setup,
        functions: Vec<Arc<HostBody>>,
        (stdout, stderr): (RemoteOutput, RemoteOutput),
    ) -> Result<(Self, Vec<Protection>), Error> {
        let failed = |error: &io::Error| {
            let message = format!("the sandbox's process cannot be started: {error}");
            Error::new("RuntimeError", message)
        };
        let confinement = setup.confinement.clone();
        let setup = frame(&ToChild::Setup(Box::new(setup)), &[]).map_err(|_| unsendable())?;
        let (mut process, socket) = Process::start(sandbox).map_err(|error| failed(&error))?;
        let mut missing = Vec::new();
        if let Some(parent) = &sandbox.control_group
            && let Err(error) = process.join_group(parent, confinement.threads)
        {
            if sandbox.is_required {
                return Err(ungrouped(parent, &error));
            }
            missing.push(Protection::ControlGroup);
        }
        let mut exchange = Self {
            connection: Arc::new(Connection {
                socket,
                outgoing: Mutex::default(),
                process,
                is_busy: AtomicBool::new(false),
            }),
            reader: FrameReader::new(confinement.message + MAX_HEADER),
            stdout,
            stderr,
            functions,
            confinement,
            resident: u64::MAX,
            last_call: 0,
            is_over: false,
        };
        exchange.connection.outgoing.lock().push(&setup);
        let limits = Limits::new().wall(START_TIMEOUT).output(DEFAULT_OUTPUT);
        exchange.serve(&limits, "its start", |progress| match progress {
            Progress::Ready(found) => {
                missing.extend(found);
                Some(Ok(Vec::new()))
            }
            Progress::Done(Err(error)) => Some(Err(error)),
            _ => None,
        })?;
        let process = &exchange.connection.process;
        let limited = process.limit_memory(exchange.confinement.memory);
        limited.map_err(|error| failed(&error))?;
        exchange.resident = process.usage().resident;
        Ok((exchange, missing))
    }

    pub(in crate::sandbox) const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Runs a call under limits, and returns the bytes of its value.
    pub(in crate::sandbox) fn call(
        &mut self,
        call: Call,
        payload: &[u8],
        limits: &Limits,
    ) -> Result<Vec<u8>, Error> {
        if self.is_over {
            return Err(Error::gone());
        }
        let most = self.confinement.message;
        if payload.len() > most {
            let length = payload.len();
            let message =
                format!("{length} bytes are to be sent, and a message has at most {most}");
            return Err(Error::new("ValueError", message));
        }
        self.last_call += 1;
        let id = self.last_call;
        let running = describe(&call, payload);
        let mut inner = limits.clone();
        // The program's own handlers have the first half of the time: what it returns is better
        // than the end of the process.
        inner.grace = limits.grace / 2;
        let message = ToChild::Call {
            id,
            call,
            limits: inner,
        };
        let frame = frame(&message, payload).map_err(|_| unsendable())?;
        self.connection.outgoing.lock().push(&frame);
        drop(frame);
        self.connection.process.resume();
        let result = self.serve(limits, &running, |progress| match progress {
            Progress::Done(result) => Some(result),
            _ => None,
        });
        if !self.is_over {
            self.connection.process.pause();
        }
        result
    }

    /// Serves the process until `until` returns something, or the process has to end.
    fn serve(
        &mut self,
        limits: &Limits,
        running: &str,
        mut until: impl FnMut(Progress) -> Option<Result<Vec<u8>, Error>>,
    ) -> Result<Vec<u8>, Error> {
        let connection = self.connection.clone();
        let mut unfinished = EndUnlessFinished {
            connection: &connection,
            is_finished: false,
        };
        connection.is_busy.store(true, Ordering::Release);
        let began = Instant::now();
        let mut watch = Watch {
            limits,
            began,
            cpu_began: connection.process.cpu_time(),
            next_measure: began + MEASURE_INTERVAL,
            written: 0,
            output: Vec::new(),
            running: running.to_owned(),
        };
        loop {
            connection.outgoing.lock().flush(&connection.socket);
            let is_clogged = connection.outgoing.lock().pending() > HIGH_WATER;
            let received = match is_clogged {
                true => Ok(Received::Nothing),
                false => self.reader.receive(&connection.socket),
            };
            let progress = match received {
                Ok(Received::Frame(frame)) => self.handle(&frame, &mut watch),
                Ok(Received::Nothing) => {
                    if let Err(limit) = self.check(&mut watch) {
                        return Err(self.exceeded(limit));
                    }
                    connection.wait(watch.next_look(), is_clogged);
                    continue;
                }
                Ok(Received::End) => return Err(self.ended(&watch)),
                Ok(Received::TooLong(length)) => Err(Violation::of(format!(
                    "a message of {length} bytes, which is longer than allowed"
                ))),
                Err(error) => Err(Violation::of(error.to_string())),
            };
            match progress {
                Ok(progress) => {
                    if let Some(mut result) = until(progress) {
                        // A native call may have ended just after a limit.
                        if result.is_ok()
                            && let Some(limit) = self.passed(&watch)
                        {
                            result = Err(Error::limited(limit, Vec::new()));
                        }
                        unfinished.is_finished = true;
                        connection.is_busy.store(false, Ordering::Release);
                        if result.is_err() && self.last_call == 0 {
                            self.is_over = true;
                        }
                        return result;
                    }
                }
                Err(Violation::Protocol(what)) => return Err(self.violated(&what, &watch)),
                Err(Violation::Limit(limit)) => return Err(self.exceeded(limit)),
            }
            // Also while the process sends without a pause.
            if Instant::now() >= watch.next_look()
                && let Err(limit) = self.check(&mut watch)
            {
                return Err(self.exceeded(limit));
            }
        }
    }

    fn handle(&mut self, frame: &Frame, watch: &mut Watch<'_>) -> Result<Progress, Violation> {
        let parsed = frame.parse::<ToHost>();
        let (message, payload) =
            parsed.map_err(|error| Violation::of(format!("a message that is none: {error}")))?;
        match message {
            ToHost::Output { stream, line } => {
                let within = watch.wrote(payload)?;
                self.output(stream).write(line.as_deref(), within);
                Ok(Progress::Goes)
            }
            ToHost::Flush { stream } => {
                watch.wrote(&[])?;
                self.output(stream).flush();
                Ok(Progress::Goes)
            }
            ToHost::HostCall { id, function } => {
                watch.wrote(&[])?;
                self.host_call(id, function, payload)?;
                Ok(Progress::Goes)
            }
            ToHost::Ready { missing } if self.last_call == 0 => Ok(Progress::Ready(missing)),
            ToHost::Failed { error } if self.last_call == 0 => {
                let error = Error::from_parts(error).filter(is_believable);
                let error = error.ok_or_else(|| Violation::of("an error that is none".into()))?;
                Ok(Progress::Done(Err(error)))
            }
            ToHost::Done { id, error } if id == self.last_call && id > 0 => {
                let result = match error {
                    None => Ok(payload.to_vec()),
                    Some(parts) => {
                        let error = Error::from_parts(parts).filter(is_believable);
                        Err(error.ok_or_else(|| Violation::of("an error that is none".into()))?)
                    }
                };
                Ok(Progress::Done(result))
            }
            _ => Err(Violation::of("a message that no call waits for".into())),
        }
    }

    const fn output(&self, stream: Stream) -> &RemoteOutput {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    fn host_call(&self, id: u64, function: u32, arguments: &[u8]) -> Result<(), Violation> {
        let function = self.functions.get(function as usize);
        let function =
            function.ok_or_else(|| Violation::of("a call of an unknown function".into()))?;
        let called = panic::catch_unwind(AssertUnwindSafe(|| function(arguments)));
        let result = called.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "a panic in a function of the host".to_owned());
            Err(Error::new("RuntimeError", text))
        });
        let most = self.confinement.message;
        let result = match result {
            Ok(value) if value.len() > most => Err(Error::new(
                "ValueError",
                format!(
                    "the value has {} bytes, and a message at most {most}",
                    value.len()
                ),
            )),
            result => result,
        };
        let (error, value) = match &result {
            Ok(value) => (None, value.as_slice()),
            Err(error) => (Some(error.to_parts()), [].as_slice()),
        };
        let reply = frame(&ToChild::Reply { id, error }, value);
        let reply = reply.map_err(|error| Violation::of(error.to_string()))?;
        self.connection.outgoing.lock().push(&reply);
        Ok(())
    }

    /// Whether the call is within its limits. Called at least as often as they are to be measured.
    fn check(&self, watch: &mut Watch<'_>) -> Result<(), Limit> {
        let now = Instant::now();
        let limits = watch.limits;
        if let Some(wall) = limits.wall
            && now >= watch.began + wall + limits.grace
        {
            return Err(Limit::Wall(wall));
        }
        if now < watch.next_measure {
            return Ok(());
        }
        let process = &self.connection.process;
        let mut next = MEASURE_INTERVAL;
        if let Some(cpu) = limits.cpu {
            let used = process.cpu_time().saturating_sub(watch.cpu_began);
            let most = cpu + limits.grace;
            if used >= most {
                return Err(Limit::Cpu(cpu));
            }
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let left = most.saturating_sub(used) / u32::try_from(cores).unwrap_or(1);
            next = next.min(left).max(SHORTEST_INTERVAL);
        }
        let usage = process.usage();
        let memory = limits.memory.map_or(self.confinement.memory, |limit| {
            limit.min(self.confinement.memory)
        });
        if usage.resident.saturating_sub(self.resident) > memory {
            return Err(Limit::Memory(memory));
        }
        if usage.threads > self.confinement.threads {
            return Err(Limit::Threads(self.confinement.threads));
        }
        watch.next_measure = now + next;
        Ok(())
    }

    /// The limit on time that a call which is done has passed.
    fn passed(&self, watch: &Watch<'_>) -> Option<Limit> {
        if let Some(wall) = watch.limits.wall
            && watch.began.elapsed() > wall
        {
            return Some(Limit::Wall(wall));
        }
        let used = || self.connection.process.cpu_time();
        let cpu = watch.limits.cpu?;
        (used().saturating_sub(watch.cpu_began) > cpu).then_some(Limit::Cpu(cpu))
    }

    /// Ends the process, whose call exceeded a limit. It runs nothing any more, but giving back its
    /// memory takes it processor time, which on a busy machine it gets late. That is
    /// waited for when the sandbox is dropped.
    fn exceeded(&mut self, limit: Limit) -> Error {
        self.is_over = true;
        self.connection.process.send_kill();
        Error::limited(limit, Vec::new())
    }

    /// The process has closed the socket.
    fn ended(&mut self, watch: &Watch<'_>) -> Error {
        self.is_over = true;
        let (signal, status) = ending(self.connection.process.end());
        let message = self.connection.process.stderr();
        // Rust's standard library writes this before it aborts the process.
        // What Rust's allocator says, and the C library where it can no longer note what a thread
        // has to free.
        let is_memory = (message.contains("memory allocation of") && message.contains("failed"))
            || message.contains("failed to register TLS destructor");
        let is_refused = signal == Some(libc::SIGABRT) && is_memory;
        let is_killed =
            signal == Some(libc::SIGKILL) && self.connection.process.ran_out_of_memory();
        if is_refused || is_killed {
            return Error::limited(Limit::Memory(self.confinement.memory), Vec::new());
        }
        let reason = match (signal, status) {
            (Some(signal), _) => format!(
                "the sandbox's process was ended by signal {signal}{}",
                signal_name(signal)
            ),
            (None, Some(status)) => {
                format!("the sandbox's process ended with exit status {status}")
            }
            (None, None) => "the sandbox's process ended".to_owned(),
        };
        Error::crashed(watch.crash(reason, message, (signal, status)))
    }

    /// Ends the process, which sent something else than it may.
    fn violated(&mut self, what: &str, watch: &Watch<'_>) -> Error {
        self.is_over = true;
        let ending = ending(self.connection.process.kill());
        let reason = format!("the sandbox's process was ended because it sent {what}");
        let message = self.connection.process.stderr();
        Error::crashed(watch.crash(reason, message, ending))
    }
}

/// Why a process is ended.
enum Violation {
    Protocol(String),
    Limit(Limit),
}

impl Violation {
    fn of(what: String) -> Self {
        Self::Protocol(what)
    }
}

/// Whether a process can report such an error of itself.
fn is_believable(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::Crashed | ErrorKind::Gone)
}

/// The process can have no control group beneath `parent`.
fn ungrouped(parent: &Path, error: &io::Error) -> Error {
    let name = parent.display();
    Error::unprotected(&format!(
        "the sandbox cannot be built, because its process can have no control group beneath {name}: \
         {error}"
    ))
}

fn unsendable() -> Error {
    Error::new("ValueError", "the message cannot be sent")
}

impl Watch<'_> {
    /// The program has written some bytes. Returns those that are within the limit. The program is
    /// to find out itself first: the process is ended only if it writes on.
    fn wrote<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Violation> {
        let most = self.limits.output.unwrap_or(DEFAULT_OUTPUT);
        let left = most.saturating_sub(self.written);
        self.written += bytes.len() as u64 + MESSAGE_COST * u64::from(bytes.is_empty());
        if self.written > most.saturating_add(OUTPUT_SLACK) {
            return Err(Violation::Limit(Limit::Output(most)));
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(left)];
        self.output.extend_from_slice(bytes);
        if self.output.len() > 2 * KEPT_OUTPUT {
            self.output.drain(..self.output.len() - KEPT_OUTPUT);
        }
        Ok(bytes)
    }

    /// When limits are to be looked at again.
    fn next_look(&self) -> Instant {
        let end = self
            .limits
            .wall
            .map(|wall| self.began + wall + self.limits.grace);
        end.map_or(self.next_measure, |end| end.min(self.next_measure))
    }

    fn crash(
        &self,
        reason: String,
        message: String,
        (signal, status): (Option<i32>, Option<i32>),
    ) -> Crash {
        let kept = self.output.len().saturating_sub(KEPT_OUTPUT);
        Crash {
            reason,
            signal,
            status,
            message,
            output: String::from_utf8_lossy(&self.output[kept..]).into_owned(),
            running: self.running.clone(),
        }
    }
}

impl Connection {
    /// Blocks until there is something to read or to send, or until `end`.
    fn wait(&self, end: Instant, is_clogged: bool) {
        let mut events = 0;
        if !is_clogged {
            events |= libc::POLLIN;
        }
        if self.outgoing.lock().pending() > 0 {
            events |= libc::POLLOUT;
        }
        let mut watched = libc::pollfd {
            fd: self.socket.as_raw_fd(),
            events,
            revents: 0,
        };
        let left = end.saturating_duration_since(Instant::now());
        let timeout = libc::timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(1),
            tv_nsec: left.subsec_nanos().into(),
        };
        // SAFETY: the call reads and writes these structures only. An interrupted wait is a short
        // one.
        unsafe { libc::ppoll(&raw mut watched, 1, &raw const timeout, std::ptr::null()) };
    }
}

/// Ends the process if a call is left by a panic: its answer would be taken for another call's.
struct EndUnlessFinished<'a> {
    connection: &'a Connection,
    is_finished: bool,
}

impl Drop for EndUnlessFinished<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.connection.is_busy.store(false, Ordering::Release);
            self.connection.process.send_kill();
        }
    }
}

/// What a call is, for people.
fn describe(call: &Call, payload: &[u8]) -> String {
    /// How much of a line of source is shown.
    const SHOWN: usize = 100;
    let first_line = || {
        let text = String::from_utf8_lossy(&payload[..payload.len().min(4 * SHOWN)]).into_owned();
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        let line = line.unwrap_or_default();
        line.chars().take(SHOWN).collect::<String>()
    };
    match call {
        Call::Exec => format!("exec(\"{}\")", first_line()),
        Call::Eval => format!("eval(\"{}\")", first_line()),
        Call::Function { name } => format!("call(\"{name}\")"),
        Call::Set { name } => format!("set(\"{name}\")"),
        Call::Get { name } => format!("get(\"{name}\")"),
    }
}

/// The name of a signal that ends processes, in brackets.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGKILL => " (SIGKILL)",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGSYS => " (SIGSYS)",
        libc::SIGTERM => " (SIGTERM)",
        libc::SIGTRAP => " (SIGTRAP)",
        libc::SIGXFSZ => " (SIGXFSZ)",
        _ => "",
    }
}
