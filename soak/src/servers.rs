//! The two servers, as the program that starts them sees them.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{
    Weakness,
    serve::COMMAND,
    story::{Ended, Run},
};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A server's process. Its input is what keeps it running.
pub(crate) struct Server {
    number: usize,
    pub(crate) port: u16,
    log: PathBuf,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(number: usize, redis: &str, folder: &Path, weaken: Option<Weakness>) -> Result<Self, Failure> {
        let log = folder.join(format!("handlers-{number}"));
        let mut command = Command::new(env::current_exe()?);
        command.arg(COMMAND).arg("--redis").arg(redis).arg("--log").arg(&log);
        if number == 1 {
            command.arg("--cached");
        }
        if let Some(weakness) = weaken {
            command
                .arg("--weaken")
                .arg(clap::ValueEnum::to_possible_value(&weakness).ok_or("a hidden value")?.get_name());
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut server = Self { number, port: 0, log, process, input, output };
        server.port = server.line()?.parse()?;
        Ok(server)
    }

    /// Tells the loader what to do, and waits until it does it.
    pub(crate) fn tell(&mut self, mood: &str) -> Result<(), Failure> {
        writeln!(self.input, "{mood}")?;
        self.input.flush()?;
        let line = self.line()?;
        if line == mood { Ok(()) } else { Err(format!("the server answered {line}").into()) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// What its handlers logged.
    pub(crate) fn runs(&self) -> Result<Vec<Run>, Failure> {
        fs::read_to_string(&self.log)?.lines().map(|line| self.run(line)).collect()
    }

    fn run(&self, line: &str) -> Result<Run, Failure> {
        let [label, caller, ended] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("a handler logged {line}").into());
        };
        let ended = if ended == "well" { Ended::Well } else { Ended::Failed };
        Ok(Run { label: label.parse()?, server: self.number, caller: caller.to_owned(), ended })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
