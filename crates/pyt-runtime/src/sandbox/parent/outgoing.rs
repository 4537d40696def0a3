//! What is to be sent to a sandbox's process, which may not read it.

use std::{
    io::{self, Write as _},
    os::unix::net::UnixStream,
};

/// Bytes that wait to be sent. Any thread may add some.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
    }

    /// How many bytes wait.
    pub(super) const fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Sends as much as the socket takes without blocking. If the other end is closed, what waits
    /// is dropped: reading tells.
    pub(super) fn flush(&mut self, mut socket: &UnixStream) {
        while self.pending() > 0 {
            match socket.write(&self.bytes[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.bytes = Vec::new();
        self.sent = 0;
    }
}
