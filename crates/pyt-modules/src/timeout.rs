//! Timeouts as Python code gives them: parsing, and CPython's errors for bad ones.
