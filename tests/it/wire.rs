//! Requests and answers by hand, as they go over a socket.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, LazyLock, Mutex},
};

use actix_web::{http::header::HeaderValue, test::TestRequest};
use countersign::{Cavage, KeyId, Policy, Request, Signer, UnixTime, Verified, Verifier, VerifyError, VerifyingKey};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{now, secs, signer, verifying_key};

/// A request by hand, byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let fields = vec![("Host".to_owned(), b"api.example".to_vec())];
        Self { method: method.to_owned(), target: target.to_owned(), fields, body: Vec::new() }
    }

    pub(crate) fn field(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// The value of the only field of this name.
    pub(crate) fn value(&self, name: &str) -> String {
        let mut values = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let (value, more) = (values.next().unwrap(), values.next());
        assert_eq!(more, None);
        String::from_utf8(value.1.clone()).unwrap()
    }

    pub(crate) fn replacing(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).field(name, value)
    }

    /// Sets the body and its length.
    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.replacing("Content-Length", body.len().to_string())
    }

    pub(crate) fn sign(mut self, signer: &Signer, now: UnixTime) -> Self {
        let request = Request::new(&self.method, &self.target, &self.fields).with_body(&self.body);
        let parts = signer.sign(&request, now).unwrap();
        self.target = parts.target(&self.target).into_owned();
        if parts.changes_body() {
            let body = parts.body(&self.body).unwrap().into_owned();
            self = self.body(&body);
        }
        self.fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        self
    }

    /// Signed by alice, now, with a body that is not at hand.
    pub(crate) fn sign_stream(mut self) -> Self {
        let request = Request::new(&self.method, &self.target, &self.fields);
        let parts = signer("alice").sign(&request, now()).unwrap();
        self.fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        self
    }

    /// Signed by alice, now, with all that is on by default.
    pub(crate) fn signed(self) -> Self {
        self.sign(&signer("alice"), now())
    }

    /// The same in chunks of at most `size` bytes instead of with its length.
    pub(crate) fn chunked(mut self, size: usize) -> Self {
        let mut body = Vec::new();
        for chunk in self.body.chunks(size) {
            body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        self.body = body;
        self.without("Content-Length").field("Transfer-Encoding", "chunked")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.fields {
            bytes.extend_from_slice(format!("{name}: ").as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The same for a service without a socket.
    pub(crate) fn into_actix(self) -> TestRequest {
        let mut request = TestRequest::with_uri(&self.target).method(self.method.parse().unwrap());
        for (name, value) in self.fields {
            request = request.append_header((name, HeaderValue::from_bytes(&value).unwrap()));
        }
        if self.body.is_empty() { request } else { request.set_payload(self.body) }
    }

    pub(crate) async fn send(&self, port: u16) -> Answer {
        exchange(port, &self.bytes(), 1).await.remove(0)
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The status line and the fields as they came, but for the date.
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.iter().filter_map(|line| line.split_once(": "));
        fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends bytes over a connection of their own and reads so many answers.
pub(crate) async fn exchange(port: u16, bytes: &[u8], answers: usize) -> Vec<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // A server that has read enough may close while this still writes.
    let _ = stream.write_all(bytes).await;
    let (mut seen, mut found) = (Vec::new(), Vec::new());
    while found.len() < answers {
        while let Some((answer, len)) = parse_answer(&seen) {
            found.push(answer);
            seen.drain(..len);
        }
        let wait = tokio::time::timeout(secs(10), stream.read_buf(&mut seen));
        if found.len() < answers && wait.await.unwrap().unwrap_or(0) == 0 {
            break;
        }
    }
    assert_eq!(found.len(), answers, "{}", String::from_utf8_lossy(&seen));
    found
}

fn parse_answer(bytes: &[u8]) -> Option<(Answer, usize)> {
    let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..head_len - 4].to_vec()).unwrap();
    let lines = head.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    let head: Vec<String> = lines.map(str::to_owned).collect();
    let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let len: usize = answer.field("content-length").map_or(0, |len| len.parse().unwrap());
    answer.body = String::from_utf8(bytes.get(head_len..head_len + len)?.to_vec()).unwrap();
    Some((answer, head_len + len))
}

/// A server that writes down every request as it came over the socket, and closes the connection behind its answer.
pub(crate) struct Recorder {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Vec<Raw>>>,
}

impl Recorder {
    /// On a free port of the IPv4 loopback; `answer` is a whole response without its last empty line.
    pub(crate) async fn start(answer: &str) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), answer).await.unwrap()
    }

    pub(crate) async fn start_on(ip: IpAddr, answer: &str) -> std::io::Result<Self> {
        let answer = answer.to_owned();
        Self::answering_on(ip, move |_, _| Some(answer.clone())).await
    }

    /// Each request gets the answer of the script, which is given how many came before; without one the connection is closed.
    pub(crate) async fn answering(script: impl Fn(&Raw, usize) -> Option<String> + 'static) -> Self {
        Self::answering_on(Ipv4Addr::LOCALHOST.into(), script).await.unwrap()
    }

    async fn answering_on(
        ip: IpAddr,
        script: impl Fn(&Raw, usize) -> Option<String> + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let (addr, seen) = (listener.local_addr()?, Arc::<Mutex<Vec<Raw>>>::default());
        let (log, mut before) = (Arc::clone(&seen), 0);
        actix_web::rt::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let request = loop {
                    match parse_request(&bytes) {
                        Some(request) => break Some(request),
                        None if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 => break None,
                        None => {}
                    }
                };
                if let Some(request) = request {
                    let answer = script(&request, before);
                    before += 1;
                    log.lock().unwrap().push(request);
                    if let Some(answer) = answer {
                        let answer = format!("{answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                }
            }
        });
        Ok(Self { addr, seen })
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.addr)
    }

    /// What came since the last call.
    pub(crate) fn take(&self) -> Vec<Raw> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn parse_request(bytes: &[u8]) -> Option<Raw> {
    let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..head_len - 4].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut start = lines.next().unwrap().split(' ');
    let mut raw = Raw::new(start.next().unwrap(), start.next().unwrap());
    let pairs = lines.map(|line| line.split_once(": ").unwrap());
    raw.fields = pairs.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
    let has = |name: &str| raw.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let rest = &bytes[head_len..];
    raw.body = if has("transfer-encoding") {
        without_chunks(rest)?
    } else {
        let len = if has("content-length") { raw.value("content-length").parse().unwrap() } else { 0 };
        rest.get(..len)?.to_vec()
    };
    Some(raw)
}

fn without_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let len = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        body.extend_from_slice(rest.get(line + 2..line + 2 + len)?);
        rest = rest.get(line + 2 + len + 2..)?;
        if len == 0 {
            return Some(body);
        }
    }
}

/// Verifies a request by hand with alice's key under the default policy.
pub(crate) fn verify(raw: &Raw, now: UnixTime) -> Result<Verified, VerifyError> {
    verify_under(Policy::default(), raw, now)
}

pub(crate) fn verify_under(policy: Policy, raw: &Raw, now: UnixTime) -> Result<Verified, VerifyError> {
    let request = Request::new(&raw.method, &raw.target, &raw.fields);
    let unverified = Verifier::new(Cavage::new(), policy).begin(&request, now)?;
    let known = unverified.key_id().map(KeyId::as_str) == Some("alice");
    unverified.verify(if known { &ALICES_KEY[..] } else { &[] }, &raw.body)
}

static ALICES_KEY: LazyLock<[VerifyingKey; 1]> = LazyLock::new(|| [verifying_key()]);
