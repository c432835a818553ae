//! Layouts written step by step.

use super::{
    At, BodyHash, DigestSpec, IdSpec, KeyText, Layout, Mac, Piece, SignatureEncoding, SignatureSpec, Spec,
    TextEncoding, TimeFormat, TimeSpec,
};
use crate::webhook::url::{PublicUrl, UrlForm};

impl Spec {
    /// A message, from a template as [`Piece::Template`] has it, and where its signature stands: in hexadecimal digits, unless told
    /// otherwise.
    pub fn new(mac: Mac, message: impl Into<String>, at: At) -> Self {
        Self {
            mac,
            key: KeyText::default(),
            message: vec![Piece::Template(message.into())],
            signature: SignatureSpec { at, encoding: SignatureEncoding::Hex, layout: Layout::default() },
            time: None,
            id: None,
            key_id: None,
            digest: None,
            url: None,
            url_form: UrlForm::AsIs,
            without_body: false,
            dangerous: false,
        }
    }

    /// Another place for the signature.
    #[must_use]
    pub fn signature_at(mut self, at: At) -> Self {
        self.signature.at = at;
        self
    }

    /// How the bytes of the signature are written.
    #[must_use]
    pub const fn encoding(mut self, encoding: SignatureEncoding) -> Self {
        self.signature.encoding = encoding;
        self
    }

    /// What stands around the one signature: text with `{sig}`.
    #[must_use]
    pub fn written(mut self, item: impl Into<String>) -> Self {
        self.signature.layout.items = vec![item.into()];
        self
    }

    /// Signatures, and what goes with them, as a list of items.
    #[must_use]
    pub fn listing<I: Into<String>>(mut self, sep: impl Into<String>, items: impl IntoIterator<Item = I>) -> Self {
        self.signature.layout.sep = Some(sep.into());
        self.signature.layout.items = items.into_iter().map(Into::into).collect();
        self
    }

    /// What comes before the list of items.
    #[must_use]
    pub fn behind(mut self, prefix: impl Into<String>) -> Self {
        self.signature.layout.prefix = prefix.into();
        self
    }

    /// Tells items by their place and not by their text.
    #[must_use]
    pub const fn by_position(mut self) -> Self {
        self.signature.layout.positional = true;
        self
    }

    /// How the text of a key is decoded.
    #[must_use]
    pub const fn key_encoding(mut self, encoding: TextEncoding) -> Self {
        self.key.encoding = encoding;
        self
    }

    /// What is taken off the front of a key's text.
    #[must_use]
    pub fn key_strip(mut self, strip: impl Into<String>) -> Self {
        self.key.strip = Some(strip.into());
        self
    }

    /// What is taken off the front of a private key's text.
    #[must_use]
    pub fn private_key_strip(mut self, strip: impl Into<String>) -> Self {
        self.key.strip_private = Some(strip.into());
        self
    }

    /// Another message.
    #[must_use]
    pub fn signing(mut self, piece: Piece) -> Self {
        self.message = vec![piece];
        self
    }

    /// One more piece of the message, behind those before it.
    #[must_use]
    pub fn and(mut self, piece: Piece) -> Self {
        self.message.push(piece);
        self
    }

    /// When the request was signed, and its greatest age in seconds.
    #[must_use]
    pub fn time(mut self, at: At, format: TimeFormat, past: u64) -> Self {
        self.time = Some(TimeSpec { at, format, past: Some(past), future: None });
        self
    }

    /// When the request was signed, where the provider states no greatest age.
    #[must_use]
    pub fn time_within_ours(mut self, at: At, format: TimeFormat) -> Self {
        self.time = Some(TimeSpec { at, format, past: None, future: None });
        self
    }

    /// A digest of the body with SHA-256, which is compared with it.
    #[must_use]
    pub fn digest(mut self, at: At, encoding: SignatureEncoding) -> Self {
        self.digest = Some(DigestSpec { at, hash: BodyHash::Sha256, encoding, prefix: String::new() });
        self
    }

    /// The sender's id of the delivery.
    #[must_use]
    pub fn id(mut self, at: At) -> Self {
        self.id = Some(IdSpec { at });
        self
    }

    /// Which key signed.
    #[must_use]
    pub fn key_id(mut self, at: At) -> Self {
        self.key_id = Some(IdSpec { at });
        self
    }

    /// The URL that is signed.
    #[must_use]
    pub fn url(mut self, url: PublicUrl) -> Self {
        self.url = Some(url);
        self
    }

    /// In which forms the sender may have signed the URL.
    #[must_use]
    pub const fn url_form(mut self, form: UrlForm) -> Self {
        self.url_form = form;
        self
    }

    /// Refuses a request with a body.
    #[must_use]
    pub const fn without_body(mut self) -> Self {
        self.without_body = true;
        self
    }

    /// Takes what protects too little, see [`Spec::dangerous`](#structfield.dangerous).
    #[must_use]
    pub const fn dangerous(mut self) -> Self {
        self.dangerous = true;
        self
    }
}
