//! Redirects, followed above the signature.
