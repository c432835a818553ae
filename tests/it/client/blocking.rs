//! The client for programs without a runtime.
