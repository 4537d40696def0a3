//! A program on a terminal of its own, with a test at the keyboard.

use std::{
    fs::File,
    io::Write,
    os::fd::{FromRawFd, OwnedFd},
    process::{ExitStatus, Stdio},
    thread,
    time::Instant,
};

use crate::{DEADLINE, Process, group::Group, reader::Reader, running::POLL_INTERVAL};

/// A running program, its keyboard and its screen.
pub struct Terminal {
    group: Group,
    keys: File,
    screen: Reader,
    started: Instant,
    /// How much of the screen had been seen when the last key was typed.
    seen: usize,
}

impl Terminal {
    /// Starts the process with a new terminal as its standard streams, whose size is not known.
    pub fn start(process: Process) -> Self {
        Self::sized(process, 0, 0)
    }

    /// As [`start`](Self::start), with a terminal of so many rows and columns.
    pub fn sized(process: Process, rows: u16, columns: u16) -> Self {
        let (mut master, mut slave) = (0, 0);
        let null = std::ptr::null_mut();
        let mut size = libc::winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the two descriptors are written to valid places, the size is one; the optional
        // pointers are null.
        let opened = unsafe {
            libc::openpty(
                &raw mut master,
                &raw mut slave,
                null,
                null.cast(),
                &raw mut size,
            )
        };
        assert_eq!(opened, 0, "openpty");
        // SAFETY: both were just opened and have no other owner.
        let (master, slave) =
            unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        let copy = || Stdio::from(slave.try_clone().expect("a descriptor"));
        let mut command = process.command;
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        command.stdin(copy()).stdout(copy()).stderr(copy());
        // The command, whose descriptors would keep the terminal open, goes away here.
        let group = Group::start(command).expect("the program starts");
        Self {
            group,
            keys: File::from(master.try_clone().expect("a descriptor")),
            screen: Reader::start(File::from(master)),
            started: Instant::now(),
            seen: 0,
        }
    }

    /// Types `keys` once what is new on the screen since the last ones satisfies `is_ready`: keys
    /// that come before a prompt would be for the terminal itself.
    #[track_caller]
    pub fn type_when(&mut self, is_ready: impl Fn(&str) -> bool, keys: &str) {
        while !self.screen.text().get(self.seen..).is_some_and(&is_ready) {
            self.sleep();
        }
        self.seen = self.screen.text().len();
        self.keys.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Waits for the end of the program; returns its exit status and all that the screen showed.
    #[track_caller]
    pub fn wait(mut self) -> (ExitStatus, String) {
        while !self.group.has_ended() {
            self.sleep();
        }
        let status = self.group.kill();
        while !self.screen.is_at_end() {
            self.sleep();
        }
        (status, self.screen.text())
    }

    /// Sleeps until the next look. Panics if the program has passed its deadline.
    #[track_caller]
    fn sleep(&self) {
        assert!(
            self.started.elapsed() < DEADLINE,
            "killed after {DEADLINE:?}; the terminal showed {:?}",
            self.screen.text()
        );
        thread::sleep(POLL_INTERVAL);
    }
}
