//! The sandbox's end of the socket, shared by the interpreter's threads.

use std::{
    collections::HashMap,
    io::{self, Write},
    os::unix::net::UnixStream,
    sync::Arc,
};

use parking_lot::{Condvar, Mutex};

use super::leave;
use crate::{
    Error,
    api::error::parts::ErrorParts,
    sandbox::protocol::{Stream, ToHost, frame},
};

type Reply = Result<Vec<u8>, ErrorParts>;

pub(super) struct Link {
    socket: Arc<UnixStream>,
    /// Held while a message is written.
    writing: Mutex<()>,
    /// The calls of host functions that wait, and their results.
    waiting: Mutex<Waiting>,
    replied: Condvar,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    replies: HashMap<u64, Option<Reply>>,
}

impl Link {
    pub(super) fn new(socket: Arc<UnixStream>) -> Self {
        Self {
            socket,
            writing: Mutex::default(),
            waiting: Mutex::default(),
            replied: Condvar::new(),
        }
    }

    /// Sends a message. Blocks while the host does not read. Without a host the process ends.
    pub(super) fn send(&self, header: &ToHost, payload: &[u8]) {
        let sent = frame(header, payload)
            .map_err(io::Error::other)
            .and_then(|frame| {
                let _writing = self.writing.lock();
                (&*self.socket).write_all(&frame)
            });
        if sent.is_err() {
            leave(super::FAILURE);
        }
    }

    /// Calls a function of the host's, and blocks until it has returned.
    pub(super) fn request(&self, function: u32, arguments: &[u8]) -> Result<Vec<u8>, Error> {
        let id = {
            let mut waiting = self.waiting.lock();
            waiting.last += 1;
            let id = waiting.last;
            waiting.replies.insert(id, None);
            id
        };
        self.send(&ToHost::HostCall { id, function }, arguments);
        let mut waiting = self.waiting.lock();
        loop {
            match waiting.replies.remove(&id) {
                Some(Some(reply)) => {
                    return reply.map_err(|parts| {
                        let unknown = || Error::new("RuntimeError", "the host's function failed");
                        Error::from_parts(parts).unwrap_or_else(unknown)
                    });
                }
                _ => {
                    waiting.replies.insert(id, None);
                    self.replied.wait(&mut waiting);
                }
            }
        }
    }

    /// The host's function has returned.
    pub(super) fn reply(&self, id: u64, reply: Reply) {
        self.waiting.lock().replies.insert(id, Some(reply));
        self.replied.notify_all();
    }
}

/// Sends what is written to one stream.
pub(super) struct StreamWriter {
    stream: Stream,
    link: Arc<Link>,
}

impl StreamWriter {
    /// How much of a write is sent in one message.
    const PIECE: usize = 1 << 20;

    pub(super) const fn new(stream: Stream, link: Arc<Link>) -> Self {
        Self { stream, link }
    }
}

impl Write for StreamWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(Self::PIECE)];
        let header = ToHost::Output {
            stream: self.stream,
            line: None,
        };
        self.link.send(&header, piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.link.send(
            &ToHost::Flush {
                stream: self.stream,
            },
            &[],
        );
        Ok(())
    }
}
