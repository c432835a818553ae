//! Signatures that travel in the query, in a form or in a JSON body.

mod handshakes;
mod properties;
mod sockets;
