//! The messages between the host and the process of a sandboxed interpreter.
//!
//! A frame is its length in four bytes, a header ([`ToChild`] or [`ToHost`], by postcard), and a
//! payload: source text, a value's bytes, or output. The host trusts no frame: lengths are bounded
//! before anything is allocated, and what a header does not explain is an error.

use std::{
    io::{self, Read},
    os::unix::net::UnixStream,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::policy::{Confinement, Protection};
use crate::{
    Isolation, Limits, Options, api::error::parts::ErrorParts, config::host_settings::HostSettings,
};

/// The version of the messages: both sides must have the same.
pub(super) const VERSION: u32 = 1;

/// The variable of the environment that makes a process a sandbox's child: the version and the
/// host's process number.
pub(super) const CHILD_VARIABLE: &str = "PYT_SANDBOX_CHILD";

/// How long a frame's header may be, in bytes, beyond the payload: an error with its traceback.
pub(super) const MAX_HEADER: usize = 32 << 20;

/// How many bytes are read at a time.
const READ_SIZE: u64 = 256 << 10;

/// From the host.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToChild {
    /// The first message to a process.
    Setup(Box<Setup>),
    /// Run something. The payload is the call's. Answered by [`ToHost::Done`].
    Call { id: u64, call: Call, limits: Limits },
    /// Raise an exception in the main thread.
    Interrupt {
        class: String,
        message: Option<String>,
    },
    /// Stop all threads.
    Stop { grace: std::time::Duration },
    /// The result of a host function. The payload is the value, if there is no error.
    Reply { id: u64, error: Option<ErrorParts> },
}

/// What an interpreter is to be like.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) confinement: Confinement,
    pub(super) options: Options,
    pub(super) host: HostSettings,
    pub(super) isolation: Option<Isolation>,
    pub(super) stdin: String,
    pub(super) stdout: StreamForm,
    pub(super) stderr: StreamForm,
    /// The names of the host's functions: a module and its name in it.
    pub(super) functions: Vec<(String, String)>,
    /// Source that runs before the sandbox is ready.
    pub(super) warm_up: String,
}

/// How output is sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum StreamForm {
    /// Not at all.
    Nowhere,
    /// As it is written.
    Bytes,
    /// By lines, with the thread's name.
    Lines,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Call {
    /// The payload is source.
    Exec,
    /// The payload is an expression.
    Eval,
    /// The payload is the arguments: a tuple or list, and a dict.
    Function {
        name: String,
    },
    /// The payload is a value.
    Set {
        name: String,
    },
    Get {
        name: String,
    },
}

/// From the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToHost {
    /// The interpreter is there and confined, without what is missing.
    Ready { missing: Vec<Protection> },
    /// There is no interpreter, and the process ends.
    Failed { error: ErrorParts },
    /// The program wrote the payload. `line` is the thread's name, for output by lines.
    Output {
        stream: Stream,
        line: Option<String>,
    },
    /// The program flushed a stream.
    Flush { stream: Stream },
    /// The program calls a function of the host's. The payload is the arguments, a list.
    HostCall { id: u64, function: u32 },
    /// A call has ended. The payload is the value, if there is no error.
    Done { id: u64, error: Option<ErrorParts> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// The bytes of a frame.
pub(super) fn frame(header: &impl Serialize, payload: &[u8]) -> Result<Vec<u8>, postcard::Error> {
    let mut frame = postcard::to_extend(header, vec![0; 4])?;
    frame.extend_from_slice(payload);
    let length = u32::try_from(frame.len() - 4);
    let length = length.map_err(|_| postcard::Error::SerializeBufferFull)?;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

/// A frame that has been received.
pub(super) struct Frame {
    bytes: Vec<u8>,
}

impl Frame {
    /// The header, and the payload.
    pub(super) fn parse<H: DeserializeOwned>(&self) -> Result<(H, &[u8]), postcard::Error> {
        postcard::take_from_bytes(&self.bytes)
    }
}

/// Assembles frames from a stream that may end anywhere.
pub(super) struct FrameReader {
    /// How long a frame may be, in bytes.
    most: usize,
    length: Vec<u8>,
    body: Vec<u8>,
}

/// What reading gave.
pub(super) enum Received {
    Frame(Frame),
    /// Nothing more is there for now.
    Nothing,
    /// The other side has closed the stream.
    End,
    /// The other side announced a frame that is longer than allowed.
    TooLong(usize),
}

impl FrameReader {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            length: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Reads as much of the next frame as is there. Blocks if the stream does.
    pub(super) fn receive(&mut self, mut stream: &UnixStream) -> io::Result<Received> {
        loop {
            let length: Option<&[u8; 4]> = self.length.as_slice().try_into().ok();
            let (part, missing) = match length {
                None => {
                    let missing = 4 - self.length.len();
                    (&mut self.length, missing)
                }
                Some(length) => {
                    let length = u32::from_le_bytes(*length) as usize;
                    if length > self.most {
                        return Ok(Received::TooLong(length));
                    }
                    let missing = length - self.body.len();
                    if missing == 0 {
                        self.length.clear();
                        let bytes = std::mem::take(&mut self.body);
                        return Ok(Received::Frame(Frame { bytes }));
                    }
                    (&mut self.body, missing)
                }
            };
            // No more is allocated than has arrived, and a piece: a length may be a lie.
            let piece = READ_SIZE.min(missing as u64);
            match Read::take(&mut stream, piece).read_to_end(part) {
                Ok(0) => return Ok(Received::End),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Received::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Ok(Received::End);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
