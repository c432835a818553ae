//! Rows of the catalogue and their cases.

use super::{
    answer::{Answer, Seen},
    lab::Lab,
    message::Message,
    subject::Route,
};

/// Over what a request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without TLS, by prior knowledge.
    Http2,
}

impl Protocol {
    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// Why a row cannot be tried on this server.
#[derive(Clone, Copy, Debug)]
pub struct Skip(pub &'static str);

/// The cases of a row, or why there are none.
pub type Cases = Result<Vec<Case>, Skip>;

/// What is sent.
pub enum Shot {
    /// Requests over one connection.
    Messages(Vec<Message>),
    /// Bytes over a connection of HTTP/1.1, and how many answers they get.
    Bytes(Vec<u8>, usize),
    /// Something that takes a client of its own.
    Do(Box<dyn Fn(&Lab<'_>) -> Seen>),
}

impl From<Message> for Shot {
    fn from(message: Message) -> Self {
        Self::Messages(vec![message])
    }
}

/// How an answer is looked at beyond its status.
type Look = Box<dyn Fn(&Answer) -> bool>;

/// What has to come back.
pub struct Expect {
    /// The statuses that each answer may have; zero is a connection that is broken off.
    pub statuses: Vec<Vec<u16>>,
    /// The causes that the event of a 401 or a 503 may have. Every refused request leaves one event.
    pub causes: Vec<&'static str>,
    /// The key id in that event.
    pub key_id: Option<String>,
    /// How many events there are, where it is not one for each refusal.
    pub events: Option<usize>,
    /// How many handlers are reached, where it is not one for each 200.
    pub calls: Option<usize>,
    /// What else the first answer has to be, in words and as a check.
    pub look: Option<(&'static str, Look)>,
}

impl Expect {
    fn new(status: u16, cause: Option<&'static str>) -> Self {
        Self {
            statuses: vec![vec![status]],
            causes: cause.into_iter().collect(),
            key_id: None,
            events: None,
            calls: None,
            look: None,
        }
    }

    /// 401, for this cause.
    #[must_use]
    pub fn refused(cause: &'static str) -> Self {
        Self::new(401, Some(cause))
    }

    /// 200, and a handler is reached.
    #[must_use]
    pub fn accepted() -> Self {
        Self::new(200, None)
    }

    /// The framework's own 400, or the end of the connection.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::new(400, None).or(0)
    }

    /// 503, for this cause.
    #[must_use]
    pub fn unavailable(cause: &'static str) -> Self {
        Self::new(503, Some(cause))
    }

    /// 413.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(413, Some("body-too-large"))
    }

    /// 200, and no handler is reached: the delivery was handled before.
    #[must_use]
    pub fn handled_before() -> Self {
        Self { calls: Some(0), events: Some(1), ..Self::new(200, Some("already-delivered")) }
    }

    /// These statuses, in the order of the requests.
    #[must_use]
    pub fn each(statuses: &[u16], cause: &'static str) -> Self {
        Self { statuses: statuses.iter().map(|status| vec![*status]).collect(), ..Self::refused(cause) }
    }

    /// Or this status; zero is a connection that is broken off.
    #[must_use]
    pub fn or(mut self, status: u16) -> Self {
        self.statuses.iter_mut().for_each(|statuses| statuses.push(status));
        self
    }

    /// Or 401 for this cause.
    #[must_use]
    pub fn or_refused(mut self, cause: &'static str) -> Self {
        self.causes.push(cause);
        self.or(401)
    }

    /// And the event names this key.
    #[must_use]
    pub fn naming(mut self, key_id: &str) -> Self {
        self.key_id = Some(key_id.to_owned());
        self
    }

    /// And the first answer is like this.
    #[must_use]
    pub fn looking(mut self, what: &'static str, look: impl Fn(&Answer) -> bool + 'static) -> Self {
        self.look = Some((what, Box::new(look)));
        self
    }
}

/// An attack, and the request that is let through without it.
pub struct Case {
    /// What is done.
    pub name: String,
    /// The unaltered twin.
    pub control: Message,
    /// What is sent.
    pub attack: Shot,
    /// What has to come back.
    pub expect: Expect,
}

impl Case {
    /// A case.
    #[must_use]
    pub fn new(name: impl Into<String>, control: &Message, attack: impl Into<Shot>, expect: Expect) -> Self {
        Self { name: name.into(), control: control.clone(), attack: attack.into(), expect }
    }
}

/// How a row is tried.
pub enum Run {
    /// By requests to a running server.
    Wire(fn(&Lab<'_>) -> Cases),
    /// In process; it panics where the row does not hold.
    Lib(fn()),
    /// It cannot be, or not here.
    None,
}

/// One row of the catalogue.
pub struct Row {
    /// Its number, which never changes.
    pub id: &'static str,
    /// The attack.
    pub title: &'static str,
    /// How it is tried.
    pub run: Run,
    /// Where.
    pub routes: &'static [Route],
    /// Over what.
    pub protocols: &'static [Protocol],
    /// Why it does not hold, or not all of it, where that is so.
    pub listed: Option<&'static str>,
}

impl Row {
    /// Tried on both kinds of route that want a signature, over both versions.
    #[must_use]
    pub const fn wire(id: &'static str, title: &'static str, cases: fn(&Lab<'_>) -> Cases) -> Self {
        Self {
            id,
            title,
            run: Run::Wire(cases),
            routes: &[Route::Extractor, Route::Guard],
            protocols: &[Protocol::Http1, Protocol::Http2],
            listed: None,
        }
    }

    /// Tried in process.
    #[must_use]
    pub const fn lib(id: &'static str, title: &'static str, run: fn()) -> Self {
        Self { id, title, run: Run::Lib(run), routes: &[], protocols: &[], listed: None }
    }

    /// Not tried, for a reason.
    #[must_use]
    pub const fn not_tried(id: &'static str, title: &'static str, why: &'static str) -> Self {
        Self { id, title, run: Run::None, routes: &[], protocols: &[], listed: Some(why) }
    }

    /// Over HTTP/1.1 alone.
    #[must_use]
    pub const fn http1(self) -> Self {
        Self { protocols: &[Protocol::Http1], ..self }
    }

    /// Over HTTP/2 alone.
    #[must_use]
    pub const fn http2(self) -> Self {
        Self { protocols: &[Protocol::Http2], ..self }
    }

    /// Where a signature is optional.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { routes: &[Route::Optional], ..self }
    }

    /// On every kind of route.
    #[must_use]
    pub const fn everywhere(self) -> Self {
        Self { routes: &[Route::Extractor, Route::Guard, Route::Optional], ..self }
    }

    /// On the routes for webhooks.
    #[must_use]
    pub const fn hooks(self) -> Self {
        Self { routes: &[Route::Hooks, Route::GuardedHooks], ..self }
    }

    /// On the routes where each request is accepted once.
    #[must_use]
    pub const fn remembered(self) -> Self {
        Self { routes: &[Route::Remembered, Route::GuardedRemembered], ..self }
    }

    /// On the routes where each delivery of a webhook is handled once.
    #[must_use]
    pub const fn remembered_hooks(self) -> Self {
        Self { routes: &[Route::RememberedHooks], ..self }
    }

    /// On one route, where both kinds have to do the same or where it takes long.
    #[must_use]
    pub const fn once(self) -> Self {
        Self { routes: &[Route::Extractor], ..self }
    }

    /// Part of it does not hold, for a reason; what is tried is what does.
    #[must_use]
    pub const fn but(self, why: &'static str) -> Self {
        Self { listed: Some(why), ..self }
    }
}
