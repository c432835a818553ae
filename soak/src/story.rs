//! What became of a label: what was sent and answered, what the handlers logged, and what was broken meanwhile.

use std::time::Duration;

use crate::kind::Kind;

/// How long after a fault everything has to be well again.
pub(crate) const RECOVERY: Duration = Duration::from_secs(2);

/// All that was sent under one label, in the order in which it was sent. Moments count from the program's start.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) label: u64,
    pub(crate) kind: Kind,
    /// Whom the handler has to take the sender for.
    pub(crate) caller: String,
    pub(crate) attempts: Vec<Attempt>,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) server: usize,
    pub(crate) sent: Duration,
    pub(crate) answered: Duration,
    /// Whether the handler was told to fail.
    pub(crate) fails: bool,
    pub(crate) answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The handler of requests answered, with what it was sent.
    Accepted,
    /// The handler of deliveries ended well.
    Handled,
    /// The handler of deliveries failed, as it was told to.
    Failed,
    /// A delivery that was seen before.
    Seen,
    /// 401, with its cause.
    Refused(String),
    /// 503, with its cause.
    Unavailable(String),
    /// Anything else, and no answer at all.
    Other(String),
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) wrong: Wrong,
    pub(crate) what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// A handler ran, or answered, where it must not.
    Accept,
    /// A request was refused for good that had to be accepted, or for another reason than its own.
    Refusal,
    /// 503 without a fault that explains it.
    Unavailable,
    /// It took too long until everything was well again.
    Late,
    /// What cannot be told otherwise.
    Other,
}

impl Wrong {
    pub(crate) const ALL: [Self; 5] = [Self::Accept, Self::Refusal, Self::Unavailable, Self::Late, Self::Other];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accept => "wrong accepts",
            Self::Refusal => "wrong refusals",
            Self::Unavailable => "503s out of place",
            Self::Late => "late recoveries",
            Self::Other => "other complaints",
        }
    }

    pub(crate) fn that(self, what: impl Into<String>) -> Complaint {
        Complaint { wrong: self, what: what.into() }
    }
}

/// One line of a handler's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) label: u64,
    pub(crate) server: usize,
    pub(crate) caller: String,
    pub(crate) ended: Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    RedisPaused,
    RedisKilled,
    LoaderStalls,
    LoaderFails,
}

/// While something was broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) fault: Fault,
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::RedisPaused, Self::LoaderStalls, Self::RedisKilled, Self::LoaderFails];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RedisPaused => "redis paused",
            Self::RedisKilled => "redis killed",
            Self::LoaderStalls => "loader stalls",
            Self::LoaderFails => "loader fails",
        }
    }

    /// Whether it explains a 503 with this cause.
    pub(crate) fn explains(self, cause: &str) -> bool {
        match self {
            Self::RedisPaused | Self::RedisKilled => matches!(cause, "replay-unavailable" | "delivery-under-way"),
            Self::LoaderStalls | Self::LoaderFails => cause == "keys-unavailable",
        }
    }
}

impl Window {
    /// Whether the request was on its way while something was broken or had two seconds to recover.
    pub(crate) fn touches(&self, attempt: &Attempt) -> bool {
        attempt.answered >= self.begin && attempt.sent <= self.end + RECOVERY
    }
}

impl Answer {
    /// Whether a handler ran.
    pub(crate) fn ran(&self) -> bool {
        matches!(self, Self::Accepted | Self::Handled | Self::Failed)
    }

    /// What it is where it must not be.
    pub(crate) fn wrong(&self) -> Wrong {
        match self {
            Self::Accepted | Self::Handled | Self::Failed => Wrong::Accept,
            Self::Seen | Self::Refused(_) => Wrong::Refusal,
            Self::Unavailable(_) => Wrong::Unavailable,
            Self::Other(_) => Wrong::Other,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Accepted => "200".to_owned(),
            Self::Handled => "202".to_owned(),
            Self::Failed => "500 of the handler".to_owned(),
            Self::Seen => "200 seen".to_owned(),
            Self::Refused(cause) => format!("401 {cause}"),
            Self::Unavailable(cause) => format!("503 {cause}"),
            Self::Other(what) => what.clone(),
        }
    }
}
