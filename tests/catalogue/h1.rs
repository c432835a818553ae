//! HTTP/1.1 by hand.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{
    answer::{Answer, Seen},
    message::{Framing, Message},
};

/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a request.
#[must_use]
pub fn bytes(message: &Message) -> Vec<u8> {
    let mut bytes = head(message);
    match message.framing {
        Framing::Length => bytes.extend_from_slice(&message.body),
        Framing::Chunks(size) => {
            for chunk in message.body.chunks(size) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n");
            push_fields(&mut bytes, &message.trailers);
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes
}

/// The bytes of a request up to its body.
#[must_use]
pub fn head(message: &Message) -> Vec<u8> {
    let mut bytes = format!("{} {} {}\r\n", message.method, message.target, message.version).into_bytes();
    push_fields(&mut bytes, &message.fields);
    match message.framing {
        Framing::Length if message.body.is_empty() => {}
        Framing::Length => bytes.extend_from_slice(format!("Content-Length: {}\r\n", message.body.len()).as_bytes()),
        Framing::Chunks(_) => bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn push_fields(bytes: &mut Vec<u8>, fields: &[(String, Vec<u8>)]) {
    for (name, value) in fields {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
}

/// A connection.
pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends bytes over a connection of their own and reads so many answers.
#[must_use]
pub fn exchange(address: SocketAddr, bytes: &[u8], answers: usize) -> Seen {
    let mut stream = connect(address);
    // A server that has read enough may close while this still writes.
    let _ = stream.write_all(bytes);
    read(&mut stream, answers)
}

/// Reads so many answers, or as many as come before the server closes.
pub(super) fn read(stream: &mut TcpStream, answers: usize) -> Seen {
    let (mut bytes, mut seen, mut open) = (Vec::new(), Seen::default(), true);
    while seen.answers.len() < answers {
        if let Some((answer, len)) = parse(&bytes, open) {
            bytes.drain(..len);
            seen.answers.push(Some(answer));
        } else if open {
            let mut room = [0; 16 * 1024];
            let len = stream.read(&mut room).unwrap_or(0);
            open = len > 0;
            bytes.extend_from_slice(&room[..len]);
        } else {
            seen.answers.push(None);
            break;
        }
    }
    seen
}

/// An answer and its length in bytes.
fn parse(bytes: &[u8], open: bool) -> Option<(Answer, usize)> {
    let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..head_len - 4]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields = lines.filter_map(|line| line.split_once(':'));
    let fields = Answer::keep(fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
    let mut answer = Answer { status, fields, body: String::new() };
    let rest = &bytes[head_len..];
    let len = match (answer.field("content-length"), answer.field("transfer-encoding")) {
        (_, Some(_)) => rest.windows(5).position(|window| window == b"0\r\n\r\n")? + 5,
        (Some(len), None) => len.parse().ok()?,
        (None, None) if matches!(status, 100..=199 | 204 | 304) => 0,
        (None, None) if open => return None,
        (None, None) => rest.len(),
    };
    answer.body = String::from_utf8_lossy(rest.get(..len)?).into_owned();
    Some((answer, head_len + len))
}
