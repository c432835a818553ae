//! A server that reads commands and answers what the test tells it to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use countersign_redis::{Builder, RedisReplayStore};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::PATIENT;

/// What follows a command.
#[derive(Clone)]
pub(crate) enum Then {
    Say(Vec<u8>),
    /// These bytes, and the end of the connection.
    SayAndClose(Vec<u8>),
    /// Nothing, for as long as the client waits.
    Hang,
}

pub(crate) type Command = Vec<String>;

pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Command>>>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// An answer as it stands on the wire.
pub(crate) fn say(answer: &str) -> Then {
    Then::Say(answer.as_bytes().to_vec())
}

/// A string of so many bytes.
pub(crate) fn bulk(text: &str) -> Then {
    Then::Say(format!("${}\r\n{text}\r\n", text.len()).into_bytes())
}

impl Fake {
    /// Answers each command with what comes next, and the last of it from then on.
    pub(crate) async fn answering(script: impl IntoIterator<Item = Then>) -> Self {
        let mut script = script.into_iter().collect::<Vec<_>>().into_iter();
        let mut last = None;
        Self::start(move |_| {
            last = script.next().or(last.take());
            last.clone().expect("a script of at least one answer")
        })
        .await
    }

    pub(crate) async fn start(answer: impl FnMut(&[String]) -> Then + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn start_at(address: &str, answer: impl FnMut(&[String]) -> Then + Send + 'static) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::default());
        let connections = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(Mutex::new(answer));
        let task = tokio::spawn({
            let (received, connections) = (Arc::clone(&received), Arc::clone(&connections));
            async move {
                // Those that are dropped with this task end.
                let mut served = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (received, answer) = (Arc::clone(&received), Arc::clone(&answer));
                    served.spawn(serve(stream, received, move |command| (answer.lock().unwrap())(command)));
                }
            }
        });
        Self { address, received, connections, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// A store here, with one connection and all the time in the world.
    pub(crate) fn builder(&self) -> Builder {
        RedisReplayStore::builder(&self.url()).connections(1).time_limit(PATIENT)
    }

    pub(crate) fn store(&self) -> RedisReplayStore {
        self.builder().build().unwrap()
    }

    pub(crate) fn received(&self) -> Vec<Command> {
        self.received.lock().unwrap().clone()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends it with all its connections, and waits until its port is free.
    pub(crate) async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn serve(stream: TcpStream, received: Arc<Mutex<Vec<Command>>>, mut answer: impl FnMut(&[String]) -> Then) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(command) = read_command(&mut reader).await {
        received.lock().unwrap().push(command.clone());
        match answer(&command) {
            Then::Say(bytes) => writer.write_all(&bytes).await.unwrap(),
            Then::SayAndClose(bytes) => {
                writer.write_all(&bytes).await.unwrap();
                return;
            }
            Then::Hang => {}
        }
    }
}

/// `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`; nothing where the connection is over.
async fn read_command(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Command> {
    let count = read_number(reader, '*').await?;
    let mut command = Vec::new();
    for _ in 0..count {
        let length = read_number(reader, '$').await?;
        let mut word = vec![0; length + 2];
        reader.read_exact(&mut word).await.ok()?;
        word.truncate(length);
        command.push(String::from_utf8(word).unwrap());
    }
    Some(command)
}

async fn read_number(reader: &mut (impl AsyncBufReadExt + Unpin), sign: char) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(sign)?.parse().ok()
}
