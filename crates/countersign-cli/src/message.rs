//! A raw HTTP/1.x request message (RFC 9112), kept as it came so that it can be printed again to the byte.

use countersign::{FieldName, Fields, Request, SignatureField};

use crate::failure::Failure;

/// A request message.
pub(crate) struct Message {
    /// Absent where the message begins with a field, which is enough to see what would be signed.
    request_line: Option<RequestLine>,
    head: Vec<Line>,
    /// The blank line behind the head, with its end; empty where the message ends with its head.
    blank: Vec<u8>,
    body: Vec<u8>,
}

struct RequestLine {
    method: String,
    target: String,
}

/// A line of the head.
struct Line {
    /// All of it, with its end.
    raw: Vec<u8>,
    /// Name and value, for a field.
    field: Option<(String, Vec<u8>)>,
}

impl Message {
    /// Reads a message: the body is all that follows the blank line, whatever the head says of it.
    pub(crate) fn read(input: &[u8]) -> Result<Self, Failure> {
        let mut message = Self { request_line: None, head: Vec::new(), blank: Vec::new(), body: Vec::new() };
        let mut rest = input;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at.saturating_add(1));
            let (raw, behind) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = behind;
            let line = countersign_keyfile::without_line_end(raw);
            if line.is_empty() && !message.head.is_empty() {
                raw.clone_into(&mut message.blank);
                rest.clone_into(&mut message.body);
                break;
            }
            let number = message.head.len().saturating_add(1);
            message.push(raw, line).map_err(|what| Failure::misuse(format!("line {number} of the message: {what}")))?;
        }
        if message.head.is_empty() { Err(Failure::misuse("the message is empty")) } else { Ok(message) }
    }

    fn push(&mut self, raw: &[u8], line: &[u8]) -> Result<(), &'static str> {
        let first = self.head.is_empty();
        let request_line = if first { RequestLine::read(line) } else { None };
        let field = match request_line {
            Some(_) => None,
            None if matches!(line, [b' ' | b'\t', ..]) => return Err("folded over lines, which is obsolete"),
            None => {
                Some(field(line).ok_or(if first { "neither a request line nor a field" } else { "not a field" })?)
            }
        };
        self.request_line = self.request_line.take().or(request_line);
        self.head.push(Line { raw: raw.to_owned(), field });
        Ok(())
    }

    /// Whether there is a request line.
    pub(crate) const fn has_request_line(&self) -> bool {
        self.request_line.is_some()
    }

    /// The request; an absent request line is an error.
    pub(crate) fn request(&self) -> Result<Request<'_>, Failure> {
        if self.request_line.is_none() {
            return Err(Failure::misuse("line 1 of the message: not a request line"));
        }
        Ok(self.head_request())
    }

    /// The request, with an empty method and target where there is no request line.
    pub(crate) fn head_request(&self) -> Request<'_> {
        let (method, target) = self.request_line.as_ref().map_or(("", ""), |line| (&line.method, &line.target));
        Request::new(method, target, self).with_body(&self.body)
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The values of a field, by its name in lower case.
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.head.iter().filter_map(|line| line.field.as_ref());
        fields.filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// Appends a field. A value that no field can have is an error: it would be read as another field, or as the body.
    pub(crate) fn add(&mut self, name: &str, value: &[u8]) -> Result<(), Failure> {
        can_stand(name, value)?;
        self.end_last_line();
        let line_end = self.line_end();
        let raw = [titled(name).as_bytes(), b": ", value, line_end].concat();
        self.head.push(Line { raw, field: Some((name.to_owned(), value.to_owned())) });
        Ok(())
    }

    /// Sets a field that signing made, in place of any of the same name.
    pub(crate) fn set(&mut self, field: &SignatureField) -> Result<(), Failure> {
        let name = field.name.as_str();
        can_stand(name, &field.value)?;
        let is_other = |line: &Line| line.field.as_ref().is_none_or(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.head.retain(is_other);
        self.add(name, &field.value)
    }

    /// Sets the target, in place of the one that is there.
    pub(crate) fn set_target(&mut self, target: &str) {
        let (Some(line), Some(first)) = (&mut self.request_line, self.head.first_mut()) else { return };
        target.clone_into(&mut line.target);
        let mut words = first.raw.splitn(3, |byte| *byte == b' ');
        let (method, _, version) = (words.next(), words.next(), words.next());
        first.raw = [method.unwrap_or_default(), target.as_bytes(), version.unwrap_or_default()].join(&b' ');
    }

    /// Sets the body, and its length wherever the head says it.
    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        let length = body.len().to_string().into_bytes();
        for line in &mut self.head {
            let Some((name, value)) = &mut line.field else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                let end = line.raw.len().saturating_sub(countersign_keyfile::without_line_end(&line.raw).len());
                let end = line.raw.split_off(line.raw.len().saturating_sub(end));
                line.raw = [name.as_bytes(), b": ", &length, &end].concat();
                length.clone_into(value);
            }
        }
        self.end_last_line();
        self.body = body;
    }

    /// So that something can follow it.
    fn end_last_line(&mut self) {
        let line_end = self.line_end();
        if let Some(last) = self.head.last_mut().filter(|last| !last.raw.ends_with(b"\n")) {
            last.raw.extend_from_slice(line_end);
        }
    }

    /// The whole message. Line ends are as they came; those of added lines are the first line's.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        if self.blank.is_empty() {
            self.blank = self.line_end().to_vec();
        }
        let lines: Vec<_> = self.head.into_iter().map(|line| line.raw).collect();
        [lines.concat(), self.blank, self.body].concat()
    }

    fn line_end(&self) -> &'static [u8] {
        let crlf = self.head.first().is_some_and(|line| line.raw.ends_with(b"\r\n"));
        if crlf { b"\r\n" } else { b"\n" }
    }
}

impl Fields for Message {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        self.values(name.as_str()).for_each(each);
    }
}

impl RequestLine {
    fn read(line: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(line).ok()?.split(' ');
        let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
        let usable = is_token(method.as_bytes())
            && !target.is_empty()
            && !target.contains(char::is_control)
            && matches!(version, "HTTP/1.0" | "HTTP/1.1")
            && parts.next().is_none();
        usable.then(|| Self { method: method.to_owned(), target: target.to_owned() })
    }
}

fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.strip_prefix(b":")?;
    let name = std::str::from_utf8(name).ok().filter(|name| is_token(name.as_bytes()))?;
    is_text(value).then(|| (name.to_owned(), value.to_owned()))
}

fn can_stand(name: &str, value: &[u8]) -> Result<(), Failure> {
    let wrong = || Failure::refused(format!("{name} cannot be set: what it would say holds a control character"));
    is_text(value).then_some(()).ok_or_else(wrong)
}

/// Whether a field can have this value.
fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

fn is_token(bytes: &[u8]) -> bool {
    let is_token_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_token_byte)
}

/// A name as HTTP/1.x messages usually spell it: `Content-Length`.
fn titled(name: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;
