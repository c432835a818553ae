//! One client, many APIs: each key goes to its own.
