//! Retry and tracing around the signature.
