//! A server that belongs to one test.

use std::{
    env, fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use countersign_redis::{Builder, RedisReplayStore};
use redis::FromRedisValue;
use tempfile::TempDir;

/// Longer than a server takes to start on a machine that is busy.
const START: Duration = Duration::from_secs(20);

pub(super) struct Server {
    pub(super) port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    process: Child,
}

impl Server {
    /// Starts one that keeps nothing over a restart, unless the arguments say otherwise.
    pub(super) fn start(arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_in(TempDir::new().unwrap(), port, &port.to_string(), arguments)
    }

    /// With a folder that has something in it already, and the port for those that do not use TLS.
    pub(super) fn start_in(folder: TempDir, port: u16, plain_port: &str, arguments: &[&str]) -> Self {
        let arguments = ["--port", plain_port, "--bind", "127.0.0.1", "--save", "", "--logfile", "log"]
            .iter()
            .chain(arguments)
            .map(|&argument| argument.to_owned())
            .collect::<Vec<_>>();
        let process = spawn(folder.path(), &arguments);
        let mut server = Self { port, folder, arguments, process };
        server.wait_until_ready();
        server
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn builder(&self) -> Builder {
        RedisReplayStore::builder(&self.url())
    }

    /// A store that waits for a server on a machine that is busy.
    pub(super) fn store(&self) -> RedisReplayStore {
        self.builder().time_limit(crate::support::PATIENT).build().unwrap()
    }

    /// `kill -9`, as a machine that loses its power.
    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn start_again(&mut self) {
        self.process = spawn(self.folder.path(), &self.arguments);
        self.wait_until_ready();
    }

    /// Stops its clock, so to speak: its sockets stay open.
    pub(super) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(super) fn resume(&self) {
        self.signal("-CONT");
    }

    /// Asks it something itself.
    pub(super) fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        redis::cmd(command[0]).arg(&command[1..]).query(&mut connection).unwrap()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }

    fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        while !log().contains("Ready to accept connections") {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the server ended: {status}\n{}", log());
            }
            assert!(begun.elapsed() < START, "the server did not start\n{}", log());
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &Path, arguments: &[String]) -> Child {
    let program = env::var("COUNTERSIGN_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let _ = fs::remove_file(folder.join("log"));
    let mut command = Command::new(&program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"))
}
