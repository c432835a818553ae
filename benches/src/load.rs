//! The load on a server: requests in short slices, over the same connections.

use std::{
    cell::Cell,
    error::Error,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use countersign::SignatureParts;

const CONNECTIONS: usize = 32;
const SLICE: Duration = Duration::from_millis(15);

/// Requests of one kind, and how the answer to them begins and ends.
pub(crate) struct Exchange {
    requests: Vec<Vec<u8>>,
    /// Which of them is next, and whether they begin anew behind the last.
    next: Cell<usize>,
    again: bool,
    status: &'static [u8],
    end: &'static [u8],
}

impl Exchange {
    /// Requests that are accepted, one after the other and again from the first.
    pub(crate) fn ok(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, next: Cell::new(0), again: true, status: b"HTTP/1.1 200", end: b"\r\n\r\nok" }
    }

    /// Requests that are accepted once each.
    pub(crate) fn once(requests: Vec<Vec<u8>>) -> Self {
        Self { again: false, ..Self::ok(requests) }
    }

    /// A request that is refused.
    pub(crate) fn refused(request: Vec<u8>) -> Self {
        Self { status: b"HTTP/1.1 401", end: b"not accepted\n", ..Self::ok(vec![request]) }
    }

    fn next(&self) -> Result<&[u8], &'static str> {
        let at = self.next.get();
        let at = if self.again && at >= self.requests.len() { 0 } else { at };
        self.next.set(at.saturating_add(1));
        self.requests.get(at).map(Vec::as_slice).ok_or("there are no more requests")
    }
}

/// Ends the head of a request with the fields that signing gave.
pub(crate) fn end_head(request: &mut Vec<u8>, parts: SignatureParts) {
    for field in parts.fields {
        request.extend_from_slice(field.name.as_str().as_bytes());
        request.extend_from_slice(b": ");
        request.extend_from_slice(&field.value);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
}

/// Connections that each have one request under way, served in turn without waiting.
pub(crate) struct Load(Vec<Connection>);

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Load {
    pub(crate) fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let connection = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(Connection { stream, received: Vec::with_capacity(1024) })
        };
        (0..CONNECTIONS).map(connection).collect::<std::io::Result<_>>().map(Self)
    }

    /// Requests a second over one slice, from the first request until the last answer.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn slice(&mut self, exchange: &Exchange) -> Result<f64, Box<dyn Error>> {
        let (start, mut answered, mut under_way) = (Instant::now(), 0_u64, 0_usize);
        for connection in &mut self.0 {
            connection.stream.write_all(exchange.next()?)?;
            under_way = under_way.saturating_add(1);
        }
        let mut waiting = vec![true; self.0.len()];
        while under_way > 0 {
            let more = start.elapsed() < SLICE;
            for (connection, waiting) in self.0.iter_mut().zip(&mut waiting) {
                if !*waiting || !connection.has_answer(exchange)? {
                    continue;
                }
                answered = answered.saturating_add(1);
                if more {
                    connection.stream.write_all(exchange.next()?)?;
                } else {
                    *waiting = false;
                    under_way = under_way.saturating_sub(1);
                }
            }
        }
        Ok(answered as f64 / start.elapsed().as_secs_f64())
    }
}

impl Connection {
    /// Whether the answer is here.
    fn has_answer(&mut self, expected: &Exchange) -> Result<bool, Box<dyn Error>> {
        let mut room = [0; 1024];
        match self.stream.read(&mut room) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(len) => self.received.extend_from_slice(room.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if !self.received.ends_with(expected.end) {
            return Ok(false);
        }
        if !self.received.starts_with(expected.status) {
            return Err(String::from_utf8_lossy(&self.received).into());
        }
        self.received.clear();
        Ok(true)
    }
}
