//! A child process that leads a process group of its own.
//!
//! The group is killed when the child has ended and when its owner goes away, so that no process
//! outlives the test that started it. The module knows nothing of output or of deadlines.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
};

pub(crate) struct Group {
    child: Child,
    is_reaped: bool,
}

impl Group {
    /// Starts `command`.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        command.process_group(0);
        end_with_parent(&mut command);
        listen_to_the_keyboard(&mut command);
        Ok(Self {
            child: command.spawn()?,
            is_reaped: false,
        })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process id of the child, which is the id of the group as well.
    fn id(&self) -> libc::pid_t {
        libc::pid_t::try_from(self.child.id()).expect("a process id")
    }

    /// True once the child has ended. The process stays a zombie, so that its id stays valid.
    pub(crate) fn has_ended(&self) -> bool {
        if self.is_reaped {
            return true;
        }
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: all zeros is a valid value of this plain structure.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is a valid place; the child is ours and has not been reaped.
        let answer = unsafe { libc::waitid(libc::P_PID, self.child.id(), &raw mut info, options) };
        assert_eq!(answer, 0, "waitid: {}", io::Error::last_os_error());
        // SAFETY: waitid filled this field in; it stays 0 while the child runs.
        unsafe { info.si_pid() != 0 }
    }

    /// Sends a signal to the child alone.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child has not been reaped, so the id is its own.
        let answer = unsafe { libc::kill(self.id(), signal) };
        assert_eq!(answer, 0, "kill: {}", io::Error::last_os_error());
    }

    /// Sends a signal to the child and to all that it started, where they have not left the group.
    pub(crate) fn signal_all(&self, signal: libc::c_int) {
        // SAFETY: the child has not been reaped, so the id is its group's. An error says that the
        // group is empty or, on some systems, that only the zombie is left in it.
        unsafe { libc::killpg(self.id(), signal) };
    }

    /// Kills the group, the child included where it still runs, and returns the child's exit
    /// status.
    pub(crate) fn kill(&mut self) -> ExitStatus {
        if !self.is_reaped {
            self.signal_all(libc::SIGKILL);
        }
        let status = self.child.wait().expect("waiting for a child of ours");
        self.is_reaped = true;
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.signal_all(libc::SIGKILL);
            // Nothing to do for a child that cannot be waited for.
            let _ = self.child.wait();
        }
    }
}

/// A shell has the jobs that it runs in the background ignore Ctrl-C and Ctrl-\, and their children
/// inherit that: the child begins with the default for both, however the tests were started.
fn listen_to_the_keyboard(command: &mut Command) {
    // SAFETY: the closure makes two system calls and touches no memory of the parent's.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGINT, libc::SIGQUIT] {
                if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
}

/// Ctrl-C in a terminal ends the tests, but not a process of another group: has the system kill the
/// child when the thread that started it ends.
fn end_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: the closure makes one system call and touches no memory of the parent's.
    unsafe {
        command.pre_exec(
            || match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            },
        );
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}
