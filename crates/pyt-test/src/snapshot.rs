//! Snapshots of what users read: reports, help, errors, tracebacks.
