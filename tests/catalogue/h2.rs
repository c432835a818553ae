//! HTTP/2 (RFC 9113) by hand, so that what no library would send can be sent.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use loona_hpack::Decoder;

use super::{
    answer::{Answer, Seen},
    h1::connect,
    message::{Authority, Framing, Message},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// The longest payload that a peer takes unless it says otherwise.
const MAX_FRAME: usize = 16 * 1024;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block as HEADERS and as many CONTINUATION frames as it takes.
fn block_frames(stream: u32, fields: &[(String, Vec<u8>)], end: bool) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        // Literal, without indexing, with a new name (RFC 7541 section 6.2.2).
        block.push(0);
        push_string(&mut block, name.as_bytes());
        push_string(&mut block, value);
    }
    let last = block.chunks(MAX_FRAME).count() - 1;
    let frames = block.chunks(MAX_FRAME).enumerate().map(|(at, part)| {
        let ends = if at == last { END_HEADERS } else { 0 };
        match at {
            0 => frame(HEADERS, ends | if end { END_STREAM } else { 0 }, stream, part),
            _ => frame(CONTINUATION, ends, stream, part),
        }
    });
    frames.collect::<Vec<_>>().concat()
}

/// A string without Huffman coding, behind its length (RFC 7541 sections 5.1 and 5.2).
fn push_string(block: &mut Vec<u8>, text: &[u8]) {
    if text.len() < 127 {
        block.push(u8::try_from(text.len()).unwrap());
    } else {
        block.push(127);
        let mut rest = text.len() - 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend_from_slice(text);
}

/// The fields of a request, pseudo-fields first.
fn head(message: &Message) -> Vec<(String, Vec<u8>)> {
    let host = message.values("host").next().map(<[u8]>::to_vec);
    let authority = match &message.authority {
        Authority::FromHost => host,
        Authority::Given(authority) => Some(authority.clone()),
        Authority::Absent => None,
    };
    let pseudo = [
        (":method", Some(message.method.clone().into_bytes())),
        (":scheme", Some(b"http".to_vec())),
        (":authority", authority),
        (":path", Some(message.target.clone().into_bytes())),
    ];
    let mut fields: Vec<_> = pseudo.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let moved = message.authority == Authority::FromHost;
    let own = message.fields.iter().filter(|(name, _)| !(moved && name.eq_ignore_ascii_case("host")));
    fields.extend(own.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    if message.framing == Framing::Length && !message.body.is_empty() {
        fields.push(("content-length".to_owned(), message.body.len().to_string().into_bytes()));
    }
    fields
}

fn bytes(stream: u32, message: &Message) -> Vec<u8> {
    let trailers = !message.trailers.is_empty();
    let bodiless = message.body.is_empty() && message.framing == Framing::Length && !trailers;
    let mut bytes = block_frames(stream, &head(message), bodiless);
    let size = match message.framing {
        Framing::Length => MAX_FRAME,
        Framing::Chunks(size) => size,
    };
    for chunk in message.body.chunks(size) {
        bytes.extend(frame(DATA, 0, stream, chunk));
    }
    if trailers {
        let lower = message.trailers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        bytes.extend(block_frames(stream, &lower.collect::<Vec<_>>(), true));
    } else if !bodiless {
        bytes.extend(frame(DATA, END_STREAM, stream, b""));
    }
    bytes
}

/// Sends requests as streams of one connection and reads their answers.
#[must_use]
pub fn exchange(address: SocketAddr, messages: &[Message]) -> Seen {
    let mut connection = Connection::open(address);
    let streams: Vec<u32> = (0..u32::try_from(messages.len()).unwrap()).map(|at| at * 2 + 1).collect();
    for (stream, message) in streams.iter().zip(messages) {
        connection.send(&bytes(*stream, message));
    }
    let answers = streams.iter().map(|stream| connection.answer(*stream)).collect();
    Seen { answers, wrong: None }
}

/// Sends a request whose body does not come to its end, and reads the answer.
#[must_use]
pub fn unfinished(address: SocketAddr, message: &Message) -> Seen {
    let mut connection = Connection::open(address);
    let end = frame(DATA, END_STREAM, 1, b"");
    let bytes = bytes(1, message);
    connection.send(bytes.strip_suffix(&end[..]).unwrap());
    Seen { answers: vec![connection.answer(1)], wrong: None }
}

/// An endless body, as long as the server takes it: the answer, and how many bytes went out.
#[must_use]
pub fn endless(address: SocketAddr, message: &Message, most: usize) -> (Seen, usize) {
    let mut connection = Connection::open(address);
    connection.send(&block_frames(1, &head(message), false));
    let mut sent = 0;
    while sent < most && !connection.is_over(1) {
        let [all, own] = connection.room;
        let len = MAX_FRAME.min(all).min(own);
        if len > 0 {
            connection.send(&frame(DATA, 0, 1, &vec![b'x'; len]));
            connection.room = [all - len, own - len];
            sent += len;
        } else if !connection.step() {
            break;
        }
    }
    (Seen { answers: vec![connection.answer(1)], wrong: None }, sent)
}

/// What is known of a stream.
#[derive(Default)]
struct Stream {
    head: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether it has ended, and in order.
    ended: Option<bool>,
}

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
    decoder: Decoder<'static>,
    streams: BTreeMap<u32, Stream>,
    /// A header block that goes on.
    block: Vec<u8>,
    block_ends: bool,
    open: bool,
    settled: bool,
    /// How many bytes of bodies the server would still take over the connection, and of one body.
    room: [usize; 2],
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let mut connection = Self {
            stream: connect(address),
            bytes: Vec::new(),
            decoder: Decoder::new(),
            streams: BTreeMap::new(),
            block: Vec::new(),
            block_ends: false,
            open: true,
            settled: false,
            room: [65_535; 2],
        };
        connection.send(&[PREFACE, &frame(SETTINGS, 0, 0, b"")].concat());
        // To acknowledge the server's settings acknowledges its segment as well, behind which it may hold its answer back.
        while connection.open && !connection.settled {
            connection.step();
        }
        connection
    }

    fn send(&mut self, bytes: &[u8]) {
        // A server that has read enough may close while this still writes.
        let _ = self.stream.write_all(bytes);
    }

    fn is_over(&self, stream: u32) -> bool {
        !self.open || self.streams.get(&stream).is_some_and(|stream| stream.ended.is_some())
    }

    fn answer(&mut self, stream: u32) -> Option<Answer> {
        while !self.is_over(stream) {
            self.step();
        }
        let stream = self.streams.remove(&stream)?;
        let status = stream.head.iter().find(|(name, _)| name == ":status")?.1.parse().ok()?;
        let fields = stream.head.into_iter().filter(|(name, _)| !name.starts_with(':'));
        let body = String::from_utf8_lossy(&stream.body).into_owned();
        (stream.ended == Some(true)).then(|| Answer { status, fields: Answer::keep(fields), body })
    }

    /// Reads one frame; `false` when the connection is over.
    fn step(&mut self) -> bool {
        while self.open {
            if let Some((kind, flags, stream, payload)) = self.frame() {
                self.take(kind, flags, stream, &payload);
                return true;
            }
            let mut room = [0; MAX_FRAME];
            let len = self.stream.read(&mut room).unwrap_or(0);
            self.open = len > 0;
            self.bytes.extend_from_slice(&room[..len]);
        }
        false
    }

    fn frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let head: [u8; 9] = self.bytes.get(..9)?.try_into().unwrap();
        let len = usize::try_from(u32::from_be_bytes([0, head[0], head[1], head[2]])).unwrap();
        let payload = self.bytes.get(9..9 + len)?.to_vec();
        self.bytes.drain(..9 + len);
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        Some((head[3], head[4], stream, payload))
    }

    fn take(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        match kind {
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    if setting[..2] == [0, 4] {
                        let window = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
                        self.room[1] = usize::try_from(window).unwrap();
                    }
                }
                self.send(&frame(SETTINGS, ACK, 0, b""));
                self.settled = true;
            }
            PING if flags & ACK == 0 => self.send(&frame(PING, ACK, 0, payload)),
            WINDOW_UPDATE => {
                let more = u32::from_be_bytes(payload.try_into().unwrap());
                self.room[usize::from(stream != 0)] += usize::try_from(more).unwrap();
            }
            HEADERS => {
                let pad = if flags & PADDED == 0 { 0 } else { usize::from(payload[0]) };
                let skip = usize::from(flags & PADDED != 0) + if flags & PRIORITY == 0 { 0 } else { 5 };
                self.block = payload[skip..payload.len() - pad].to_vec();
                self.block_ends = flags & END_STREAM != 0;
                self.block_over(flags, stream);
            }
            CONTINUATION => {
                self.block.extend_from_slice(payload);
                self.block_over(flags, stream);
            }
            DATA => {
                let pad = if flags & PADDED == 0 { 0 } else { usize::from(payload[0]) };
                let skip = usize::from(flags & PADDED != 0);
                let own = self.streams.entry(stream).or_default();
                own.body.extend_from_slice(&payload[skip..payload.len() - pad]);
                if flags & END_STREAM != 0 {
                    own.ended = Some(true);
                }
            }
            RST_STREAM => {
                self.streams.entry(stream).or_default().ended.get_or_insert(false);
            }
            // Streams up to the last that is named are still answered; an error closes the connection behind it.
            GOAWAY => self.open = payload.get(4..8) == Some(&[0; 4]),
            _ => {}
        }
    }

    fn block_over(&mut self, flags: u8, stream: u32) {
        if flags & END_HEADERS == 0 {
            return;
        }
        let fields = self.decoder.decode(&self.block).unwrap();
        let own = self.streams.entry(stream).or_default();
        if own.head.is_empty() {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            own.head = fields.into_iter().map(|(name, value)| (text(name), text(value))).collect();
        }
        if self.block_ends {
            own.ended = Some(true);
        }
    }
}
