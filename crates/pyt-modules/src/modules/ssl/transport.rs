//! The socket under a TLS connection: reads and writes that never wait, and waits of a thread that
//! has left the interpreter.
//!
//! It knows records by their lengths only, so that no more is taken from the socket than the record
//! that is being read: `select` sees what follows, and what follows the end of TLS is left to the
//! program.

use std::{
    io,
    os::fd::RawFd,
    time::{Duration, Instant},
};

use rustpython_vm::{PyResult, VirtualMachine};

use crate::guards::turns;

/// The length of a record's header, whose last two bytes are the length of the body.
const HEADER: usize = 5;

/// How long a wait goes on without a look at signals, at interruptions by the host, and at whether
/// the socket has been closed.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What a system call that never waits has no bytes to say of: the peer may send them later.
const NO_WAIT: libc::c_int = libc::MSG_DONTWAIT;

/// What has come from the peer.
pub(super) enum Received {
    /// At most the rest of one record.
    Bytes(Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// The peer sends no more.
    End,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readiness {
    pub read: bool,
    pub write: bool,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// The socket may be ready, or closed; else the wait goes on.
    Look,
    /// The deadline has passed.
    TimedOut,
}

/// The bytes between a TLS connection and its socket.
#[derive(Debug, Default)]
pub(super) struct Transport {
    /// The part of a header that has come.
    header: Vec<u8>,
    /// How much of a record's body is still to come.
    body_left: usize,
    /// Encrypted bytes that the socket has yet to take.
    unsent: Vec<u8>,
    /// How many encrypted bytes there have been, and how many the socket has taken.
    queued: u64,
    sent: u64,
    /// The peer sends no more.
    pub at_end: bool,
    /// How much of the program's data a write has encrypted that then failed: the next write is its
    /// repetition, and goes on after that.
    pub owed: usize,
}

impl Transport {
    /// Has these bytes sent after those that wait already. Returns how many there have been.
    pub(super) fn queue(&mut self, bytes: &[u8]) -> u64 {
        self.unsent.extend_from_slice(bytes);
        self.queued += bytes.len() as u64;
        self.queued
    }

    /// Whether the socket has taken the first `count` bytes.
    pub(super) const fn has_sent(&self, count: u64) -> bool {
        self.sent >= count
    }

    /// Whether bytes wait for the socket.
    pub(super) const fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Forgets what the socket has yet to take.
    pub(super) fn forget_unsent(&mut self) {
        self.unsent.clear();
        self.sent = self.queued;
    }

    /// Sends what the socket takes at once.
    pub(super) fn send(&mut self, descriptor: RawFd) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let bytes = &*self.unsent;
            let flags = NO_WAIT | no_signal();
            let sent = retried(|| {
                // SAFETY: the bytes are the buffer's.
                unsafe { libc::send(descriptor, bytes.as_ptr().cast(), bytes.len(), flags) }
            });
            match sent {
                Ok(count) => {
                    self.unsent.drain(..count);
                    self.sent += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes what is there of the record that is being read.
    pub(super) fn receive(&mut self, descriptor: RawFd) -> io::Result<Received> {
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let start = bytes.len();
            let missing = match self.body_left {
                0 => HEADER - self.header.len(),
                body => body,
            };
            bytes.resize(start + missing, 0);
            let part = &mut bytes[start..];
            let received = retried(|| {
                // SAFETY: the bytes are the buffer's.
                unsafe { libc::recv(descriptor, part.as_mut_ptr().cast(), part.len(), NO_WAIT) }
            });
            let count = match &received {
                Ok(count) => *count,
                Err(_) => 0,
            };
            bytes.truncate(start + count);
            match received {
                // Both come again with the next call.
                Ok(0) | Err(_) if start > 0 => break,
                Ok(0) => return Ok(Received::End),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            if self.advance(&bytes[start..]) || count < missing {
                break;
            }
        }
        if bytes.is_empty() {
            return Ok(Received::Nothing);
        }
        Ok(Received::Bytes(bytes))
    }

    /// Follows the record that is being read. Returns whether it ends with these bytes.
    fn advance(&mut self, bytes: &[u8]) -> bool {
        if self.body_left > 0 {
            self.body_left -= bytes.len();
            return self.body_left == 0;
        }
        self.header.extend_from_slice(bytes);
        if let [_, _, _, high, low] = *self.header {
            self.header.clear();
            self.body_left = usize::from(u16::from_be_bytes([high, low]));
            return self.body_left == 0;
        }
        false
    }
}

/// A write to a connection that the peer has closed is an error, no signal.
const fn no_signal() -> libc::c_int {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    return libc::MSG_NOSIGNAL;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    return 0;
}

/// Calls the system again when a signal has interrupted it.
fn retried(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Waits, out of the interpreter, until the socket is ready, or for at most a second.
///
/// # Errors
/// What a signal handler raises, or what another thread or the host has sent to this one.
pub(super) fn wait(
    descriptor: RawFd,
    readiness: Readiness,
    deadline: Option<Instant>,
    vm: &VirtualMachine,
) -> PyResult<Waited> {
    let events = [
        (readiness.read, libc::POLLIN),
        (readiness.write, libc::POLLOUT),
    ];
    let events = events.into_iter().filter(|(wanted, _)| *wanted);
    let mut polled = libc::pollfd {
        fd: descriptor,
        events: events.fold(0, |all, (_, event)| all | event),
        revents: 0,
    };
    let left = deadline.map_or(LOOK_INTERVAL, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    });
    if left.is_zero() {
        return Ok(Waited::TimedOut);
    }
    // Rounded up: what is left after the wait would else be waited for in many short waits.
    let millis = left.min(LOOK_INTERVAL).as_micros().div_ceil(1000);
    let millis = libc::c_int::try_from(millis).unwrap_or(libc::c_int::MAX);
    // SAFETY: it is one structure.
    vm.allow_threads(|| unsafe { libc::poll(&raw mut polled, 1, millis) });
    // An error of the socket is what the next read or write says.
    turns::look(vm)?;
    Ok(Waited::Look)
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        os::{fd::AsRawFd, unix::net::UnixStream},
    };

    use super::*;

    fn bytes(received: Received) -> Vec<u8> {
        match received {
            Received::Bytes(bytes) => bytes,
            Received::Nothing => Vec::new(),
            Received::End => b"end".to_vec(),
        }
    }

    #[test]
    fn one_record_is_received_at_a_time() {
        let (mut peer, socket) = UnixStream::pair().unwrap();
        let mut transport = Transport::default();
        let mut receive = || bytes(transport.receive(socket.as_raw_fd()).unwrap());
        assert_eq!(receive(), b"");
        peer.write_all(&[22, 3, 3]).unwrap();
        assert_eq!(receive(), [22, 3, 3]);
        peer.write_all(&[0, 2, 8]).unwrap();
        assert_eq!(receive(), [0, 2, 8]);
        peer.write_all(&[9, 23, 3, 3, 0, 0, 23, 3, 3, 0, 1, 7, 5])
            .unwrap();
        assert_eq!(receive(), [9]);
        assert_eq!(receive(), [23, 3, 3, 0, 0]);
        assert_eq!(receive(), [23, 3, 3, 0, 1, 7]);
        drop(peer);
        assert_eq!(receive(), [5]);
        assert_eq!(receive(), b"end");
    }

    #[test]
    fn what_a_socket_does_not_take_stays_unsent() {
        let (peer, socket) = UnixStream::pair().unwrap();
        let mut transport = Transport::default();
        let first = transport.queue(b"first");
        transport.send(socket.as_raw_fd()).unwrap();
        assert!(transport.has_sent(first) && !transport.has_unsent());
        let all = transport.queue(&vec![0; 10_000_000]);
        transport.send(socket.as_raw_fd()).unwrap();
        assert!(transport.has_unsent() && !transport.has_sent(all));
        drop(peer);
        assert!(transport.send(socket.as_raw_fd()).is_err());
        transport.forget_unsent();
        assert!(transport.has_sent(all) && !transport.has_unsent());
    }
}
