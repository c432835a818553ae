//! Live peers: other implementations, run as they are, on the other end of real requests.

mod classic;
mod deployments;
mod exchange;
mod fediverse;
mod flask_cavage;
mod keys;
mod libraries;
mod line;
mod message;
mod requests_client;
mod webhooks;

use std::{
    env,
    fmt::Debug,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// One of the scripts of `tests/peers`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

/// The Python that has the peers, about to run a script.
fn python(name: &str) -> Command {
    let Some(python) = env::var_os("COUNTERSIGN_PEERS_PYTHON") else {
        panic!("COUNTERSIGN_PEERS_PYTHON names no Python; ./tests/run installs the peers and sets it");
    };
    let mut command = Command::new(python);
    // httpsig warns of its own dependencies' age.
    command.args(["-W", "ignore"]).arg(script(name));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn start(script: &str, args: &[&str]) -> Child {
    let mut command = python(script);
    command.args(args).spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

/// Runs a script to its end and gives the JSON object that it printed.
fn run(script: &str, args: &[&str]) -> Value {
    let output = start(script, args).wait_with_output().unwrap();
    assert!(output.status.success(), "{script} {args:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A peer that serves, ended when dropped.
struct PeerServer {
    port: u16,
    version: String,
    process: Child,
}

impl PeerServer {
    fn start(script: &str, args: &[&str]) -> Self {
        let mut process = start(script, args);
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(greeting) = serde_json::from_str::<Value>(&line) else {
            let _ = process.kill();
            panic!("{script} printed {line:?} where its port should be: {:?}", process.wait());
        };
        let port = greeting["port"].as_u64().unwrap().try_into().unwrap();
        Self { port, version: text(&greeting, "version"), process }
    }

    fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }
}

impl Drop for PeerServer {
    fn drop(&mut self) {
        // It may have ended by itself, which the exchanges have shown by now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}")).to_owned()
}

/// Counts what was exchanged with a peer, so that a test which exchanged nothing does not pass.
#[derive(Default)]
struct Exchanges(usize);

impl Exchanges {
    fn expect<T: Debug + PartialEq>(&mut self, exchange: &str, outcome: &T, expected: &T) {
        assert_eq!(outcome, expected, "{exchange}");
        self.0 += 1;
    }

    fn report(self, peer: &str, version: &str) {
        assert!(self.0 > 0);
        // The test harness has begun a line of its own.
        println!("\npeer {peer} {version}: {} exchanges", self.0);
    }
}
