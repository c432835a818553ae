//! The client of `tests/peers/line.py` and `tests/peers/line.mjs`: one process a peer, one line a message.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use super::{Exchanges, keys::Key, message::Message, python, script, text};

/// What stands for the reason of a refusal, which otherwise is the type of an exception and what it says.
pub(super) const NO: &str = "the peer says no more than no";

/// A peer, ended when dropped.
pub(super) struct Peer {
    name: &'static str,
    version: String,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(super) exchanges: Exchanges,
}

impl Peer {
    pub(super) fn of_python(name: &'static str) -> Self {
        Self::start(python("line.py"), name)
    }

    pub(super) fn of_node(name: &'static str) -> Self {
        let mut command = Command::new("node");
        command.arg(script("line.mjs"));
        Self::start(command, name)
    }

    /// A process that greets like those of `line.py`.
    pub(super) fn start(mut command: Command, name: &'static str) -> Self {
        command.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut peer = Self { name, version: String::new(), process, input, output, exchanges: Exchanges::default() };
        let greeting = peer.read();
        assert_eq!(text(&greeting, "peer"), name);
        peer.version = text(&greeting, "version");
        peer
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{} said {line:?}: {error}", self.name))
    }

    /// Puts a question as it is, which the peer has to be able to answer.
    pub(super) fn answer(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").unwrap();
        let answer = self.read();
        assert!(answer["error"].is_null(), "{} cannot answer {question}: {answer}", self.name);
        answer
    }

    fn ask(&mut self, action: &str, message: &Message, key: &Value, covered: &str, field: &str) -> Value {
        self.answer(&json!({
            "action": action,
            "key": key,
            "method": message.method,
            "target": message.target,
            "fields": message.fields,
            "body": message.body,
            "covered": covered.split(' ').collect::<Vec<_>>(),
            "field": field,
        }))
    }

    /// The request as the peer sends it.
    pub(super) fn sign(&mut self, message: &Message, key: Key, covered: &str, field: &str) -> Message {
        let answer = self.ask("sign", message, &key.for_peer(), covered, field);
        let fields = serde_json::from_value(answer["fields"].clone()).unwrap();
        Message { target: text(&answer, "target"), fields, ..message.clone() }
    }

    /// Sends a signed request to the peer. `refusal` is its reason to refuse, `None` if it is to accept.
    pub(super) fn expect_verified(
        &mut self,
        exchange: &str,
        message: &Message,
        key: &Value,
        (covered, field): (&str, &str),
        refusal: Option<&str>,
    ) {
        let answer = self.ask("verify", message, key, covered, field);
        let accepted = answer["accepted"].as_bool().unwrap();
        let reason = answer["reason"].as_str();
        self.exchanges.expect(&format!("{exchange}: {reason:?}"), &accepted, &refusal.is_none());
        assert_eq!(reason, refusal, "{exchange}");
    }

    pub(super) fn report(mut self) {
        std::mem::take(&mut self.exchanges).report(self.name, &self.version);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself, which the exchanges have shown by now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
