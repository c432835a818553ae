//! Secrets out of sight.

use zeroize::Zeroizing;

use crate::{kind::SourceKind, raw::RawKey};

/// A text in which something else stands for each secret. So what edits it, which overwrites nothing that it drops, never sees one.
pub(super) struct Masked {
    /// Occurs nowhere else in the text.
    mark: String,
    /// The secrets as they are written, with their quotes.
    secrets: Vec<Zeroizing<String>>,
}

impl Masked {
    /// The text of these keys without its secrets, and what brings them back. `is_taken` says of a mark whether it will occur in what is
    /// added: a secret would end up there.
    pub(super) fn new(text: &str, keys: Vec<RawKey>, is_taken: impl Fn(&str) -> bool) -> (String, Self) {
        let is_secret = |name: &str| {
            let secrets = [SourceKind::Secret, SourceKind::SecretBase64, SourceKind::SecretHex];
            secrets.iter().any(|kind| kind.field() == name)
        };
        let fields = keys.into_iter().flat_map(|key| key.fields);
        let mut spans: Vec<_> = fields.filter(|field| is_secret(&field.name)).map(|field| field.span).collect();
        spans.sort_by_key(|span| span.start);
        let mut mark = "masked".to_owned();
        while text.contains(&mark) || is_taken(&mark) {
            mark.push('-');
        }
        let (mut masked, mut hidden, mut from) = (String::new(), Self { mark, secrets: Vec::new() }, 0);
        for span in spans {
            masked.push_str(text.get(from..span.start).unwrap_or_default());
            let secret = text.get(span.clone()).unwrap_or_default();
            let name = hidden.hide(Zeroizing::new(secret.to_owned()));
            masked.extend(["\"", &name, "\""]);
            from = span.end;
        }
        masked.push_str(text.get(from..).unwrap_or_default());
        (masked, hidden)
    }

    /// Takes in a secret as it is to be written; what is to stand for it, as a value.
    pub(super) fn hide(&mut self, secret: Zeroizing<String>) -> String {
        let name = format!("{}{}", self.mark, self.secrets.len());
        self.secrets.push(secret);
        name
    }

    /// The text with its secrets.
    pub(super) fn reveal(&self, masked: &str) -> Zeroizing<String> {
        let len = self.secrets.iter().fold(masked.len(), |len, secret| len.saturating_add(secret.len()));
        // With all its room from the start, so that growing leaves no copy of a secret behind.
        let mut text = Zeroizing::new(String::with_capacity(len));
        let start = format!("\"{}", self.mark);
        let mut pieces = masked.split(start.as_str());
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (number, rest) = piece.split_once('"').unwrap_or_default();
            if let Some(secret) = number.parse().ok().and_then(|number: usize| self.secrets.get(number)) {
                text.push_str(secret);
            }
            text.push_str(rest);
        }
        text
    }
}

/// A text as TOML writes it in quotes.
pub(super) fn quoted(text: &str) -> Zeroizing<String> {
    // An escape has six bytes.
    let mut quoted = Zeroizing::new(String::with_capacity(text.len().saturating_mul(6).saturating_add(2)));
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_ascii_control() => {
                let digit = |number: u32| char::from_digit(number, 16).unwrap_or('0');
                let code = u32::from(char);
                quoted.push_str("\\u00");
                quoted.extend([digit(code >> 4), digit(code & 15)]);
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
