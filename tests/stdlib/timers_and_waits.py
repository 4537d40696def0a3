"""Timers and pipes of the operating system, signals that are waited for, and what is known of children."""
import locale
import os
import select
import signal
import time

descriptor = os.timerfd_create(time.CLOCK_MONOTONIC)
assert os.timerfd_settime(descriptor, initial=0.02, interval=0.5) == (0.0, 0.0)
assert os.timerfd_gettime_ns(descriptor)[1] == 500_000_000
assert select.select([descriptor], [], [], 30)[0] == [descriptor]
assert int.from_bytes(os.read(descriptor, 8), "little") == 1
os.close(descriptor)

source, begin = os.pipe()
end, target = os.pipe()
os.write(begin, b"hello")
assert os.splice(source, target, 5) == 5 and os.read(end, 5) == b"hello"
for descriptor in (source, begin, end, target):
    os.close(descriptor)
device = os.makedev(8, 1)
assert (os.major(device), os.minor(device)) == (8, 1)
assert os.confstr("CS_PATH") == os.confstr(os.confstr_names["CS_PATH"])

child = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], {})
found = os.waitid(os.P_PID, child, os.WEXITED)
assert type(found) is os.waitid_result and len(found) == 5
assert (found.si_pid, found.si_status, found.si_code) == (child, 3, os.CLD_EXITED)

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
assert signal.sigtimedwait([signal.SIGUSR1], 0.01) is None
os.kill(os.getpid(), signal.SIGUSR1)
found = signal.sigwaitinfo([signal.SIGUSR1])
assert type(found) is signal.struct_siginfo and len(found) == 7
assert (found.si_signo, found.si_pid, found.si_uid) == (signal.SIGUSR1, os.getpid(), os.getuid())
try:
    signal.sigtimedwait([signal.SIGUSR1], -1)
except ValueError as error:
    assert str(error) == "timeout must be non-negative"
else:
    raise AssertionError("a negative timeout")
assert signal.SIGRTMIN < signal.SIGRTMAX == signal.NSIG - 1

assert locale.nl_langinfo(locale.CODESET) == "UTF-8" or os.environ.get("LC_ALL") or os.environ.get("LANG")
assert locale.nl_langinfo(locale.RADIXCHAR) == "." and locale.nl_langinfo(locale.DAY_1) == "Sunday"
try:
    locale.nl_langinfo(-1)
except ValueError as error:
    assert str(error) == "unsupported langinfo constant"
else:
    raise AssertionError("an unknown item")
