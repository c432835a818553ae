//! One run of the command.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// What a run ended with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command on a message.
pub(crate) fn countersign(args: &[&str], message: &(impl AsRef<[u8]> + ?Sized)) -> Ended {
    run(Command::new(env!("CARGO_BIN_EXE_countersign")).args(args), message)
}

/// Runs it as it was put together.
pub(crate) fn run(command: &mut Command, message: &(impl AsRef<[u8]> + ?Sized)) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that ends at its flags reads nothing.
    let _ = child.stdin.take().unwrap().write_all(message.as_ref());
    let output = child.wait_with_output().unwrap();
    Ended {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The path of a published key.
#[cfg(feature = "legacy-keys")]
pub(crate) fn key(name: &str) -> String {
    format!("{}/tests/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"))
}
