//! Redis, in a process of its own that can be paused, killed and started again.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::servers::Failure;

/// Longer than it takes to start, and to read its log, on a machine that is busy.
const START: Duration = Duration::from_secs(20);

pub(crate) struct Redis {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = folder.join("redis");
        fs::create_dir(&folder)?;
        let process = spawn(port, &folder)?;
        let mut redis = Self { port, folder, process };
        redis.wait()?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn pause(&self) -> Result<(), Failure> {
        self.signal("-STOP")
    }

    pub(crate) fn resume(&self) -> Result<(), Failure> {
        self.signal("-CONT")
    }

    /// As a machine that loses its power.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// With what it has on its disk.
    pub(crate) fn start_again(&mut self) -> Result<(), Failure> {
        self.process = spawn(self.port, &self.folder)?;
        self.wait()
    }

    fn signal(&self, signal: &str) -> Result<(), Failure> {
        let status = Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", signal, &self.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err(format!("kill {signal}: {status}").into()) }
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        while ask(self.port, "PING").ok().as_deref() != Some("+PONG") {
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("redis-server ended: {status}").into());
            }
            if begun.elapsed() > START {
                return Err("redis-server did not start".into());
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, folder: &Path) -> Result<Child, Failure> {
    let program = env::var("COUNTERSIGN_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let mut command = Command::new(&program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--logfile", "log", "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().map_err(|error| format!("{program}: {error}").into())
}

/// Asks it something that is answered with one line.
pub(crate) fn ask(port: u16, command: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_millis(300)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// How many entries it has; `None` while it does not answer.
pub(crate) fn entries(port: u16) -> Option<u64> {
    ask(port, "DBSIZE").ok()?.strip_prefix(':')?.parse().ok()
}
