//! What the cases are made with.

use countersign::{Coverage, Signer, SigningKey, UnixTime, When};

use super::{
    answer::Seen,
    case::{Protocol, Skip},
    h1, h2,
    message::Message,
    subject::{HMAC, Key, REQUEST_ID, Route, Subject},
};

/// One kind of route of one server over one version of HTTP.
#[derive(Clone, Copy)]
pub struct Lab<'a> {
    /// The server.
    pub subject: &'a Subject,
    /// How requests travel.
    pub protocol: Protocol,
    /// Where they go.
    pub route: Route,
}

impl Lab<'_> {
    /// The server's time.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.subject.now()
    }

    /// Whole seconds by which a time is moved past an edge: a clock that goes may be another one than ours.
    #[must_use]
    pub const fn margin(&self) -> u64 {
        if self.subject.held_at.is_some() { 0 } else { 5 }
    }

    /// Whether the server is this process's own.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        self.subject.inside.is_some()
    }

    /// Whether the server takes requests for its own host alone here.
    #[must_use]
    pub fn knows_its_host(&self) -> bool {
        self.is_ours() && self.route == Route::Guard
    }

    /// # Errors
    /// Where only the server of this process has what is needed.
    pub const fn ours(&self, why: &'static str) -> Result<(), Skip> {
        if self.is_ours() { Ok(()) } else { Err(Skip(why)) }
    }

    /// # Errors
    /// Where only the server of this process lets any method and any path through.
    pub const fn any_target(&self) -> Result<(), Skip> {
        self.ours("needs a route that takes any method and any path")
    }

    /// The target of the route.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.subject.targets[&self.route]
    }

    /// A request that is not signed yet, as the server takes it.
    #[must_use]
    pub fn plain(&self) -> Message {
        let subject = self.subject;
        let message = self.bare(&subject.method);
        if subject.body.is_empty() {
            return message;
        }
        message.field("Content-Type", subject.content_type.as_str()).body(subject.body.clone())
    }

    fn bare(&self, method: &str) -> Message {
        let message = Message::new(method, self.target()).field("Host", self.subject.host.as_str());
        match &self.subject.request_id {
            Some(id) => message.field("X-Request-Id", id.as_str()),
            None => message,
        }
    }

    /// A request with a body.
    ///
    /// # Errors
    /// Where the server takes none.
    pub fn with_body(&self) -> Result<Message, Skip> {
        if self.subject.body.is_empty() { Err(Skip("needs a request with a body")) } else { Ok(self.plain()) }
    }

    /// A GET without a body.
    ///
    /// # Errors
    /// Where the server takes other requests alone.
    pub fn get(&self) -> Result<Message, Skip> {
        if self.is_ours() || self.subject.method == "GET" {
            Ok(self.bare("GET"))
        } else {
            Err(Skip("needs a route that takes GET"))
        }
    }

    /// # Errors
    /// Where the server has no key of this name, or one of another kind.
    pub fn key(&self, name: &'static str) -> Result<&Key, Skip> {
        self.subject.keys.get(name).ok_or(Skip("needs a key of another kind"))
    }

    /// The key that everything is signed with unless a case says otherwise.
    #[must_use]
    pub fn hmac(&self) -> &Key {
        &self.subject.keys[HMAC]
    }

    /// The signer of the usual key.
    #[must_use]
    pub fn signer(&self) -> Signer {
        self.subject.signer(self.hmac().signing())
    }

    /// The signer of the usual key under another id.
    #[must_use]
    pub fn signer_as(&self, id: &str) -> Signer {
        self.subject.signer(Key { id: id.to_owned(), ..self.hmac().clone() }.signing())
    }

    /// Signed with the usual key, covering what the dialect covers.
    #[must_use]
    pub fn sign(&self, message: Message) -> Message {
        message.sign(&self.signer(), self.now())
    }

    /// Signed with another key.
    #[must_use]
    pub fn sign_with(&self, message: Message, key: SigningKey) -> Message {
        message.sign(&self.subject.signer(key), self.now())
    }

    /// Signed with the usual key, covering just this.
    #[must_use]
    pub fn sign_list(&self, message: Message, list: &[&str]) -> Message {
        self.sign_list_at(message, list, self.now())
    }

    /// The same at another time.
    #[must_use]
    pub fn sign_list_at(&self, message: Message, list: &[&str], at: UnixTime) -> Message {
        message.sign(&self.signer().covering(coverage(list)), at)
    }

    /// Signed with the usual key, covering this as well.
    #[must_use]
    pub fn sign_also(&self, message: Message, also: &[&str]) -> Message {
        let signer = also.iter().fold(self.signer(), |all, name| all.cover(name.parse().unwrap(), When::Always));
        message.sign(&signer, self.now())
    }

    /// The list that the base request covers.
    #[must_use]
    pub fn list(&self, message: &Message) -> Vec<&'static str> {
        self.list_with(message, &["date"])
    }

    /// The same list with other times.
    #[must_use]
    pub fn list_with(&self, message: &Message, times: &[&'static str]) -> Vec<&'static str> {
        let mut list = [&["(request-target)", "host"], times].concat();
        if message.has_body() {
            list.extend(["digest", "content-type"]);
        }
        if message.values(REQUEST_ID).next().is_some() && self.subject.request_id.is_some() {
            list.push(REQUEST_ID);
        }
        list
    }

    /// The base request, signed.
    #[must_use]
    pub fn signed(&self) -> Message {
        self.sign(self.plain())
    }

    /// Its twin, which covers `(created)` and `(expires)` in place of `date`.
    #[must_use]
    pub fn twin(&self) -> Message {
        let plain = self.plain();
        let list = self.list_with(&plain, &["(created)", "(expires)"]);
        self.sign_list(plain, &list)
    }

    /// Sends requests over one connection.
    #[must_use]
    pub fn send(&self, messages: &[Message]) -> Seen {
        match self.protocol {
            Protocol::Http1 => {
                let bytes: Vec<u8> = messages.iter().flat_map(h1::bytes).collect();
                h1::exchange(self.subject.address, &bytes, messages.len())
            }
            Protocol::Http2 => h2::exchange(self.subject.address, messages),
        }
    }
}

/// A coverage of just this, in this order.
#[must_use]
pub fn coverage(list: &[&str]) -> Coverage {
    list.iter().fold(Coverage::empty(), |all, name| all.and(name.parse().unwrap(), When::Always))
}
