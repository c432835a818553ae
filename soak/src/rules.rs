//! What may be answered: in health exactly one thing, within a fault also 503.

use std::time::Duration;

use crate::{
    kind::Kind,
    parties::MAX_AGE,
    story::{Answer, Attempt, Complaint, Fault, Story, Window, Wrong},
};

/// `Date` knows whole seconds alone.
const SECOND: Duration = Duration::from_secs(1);

pub(crate) const REPLAY: &str = "replay-unavailable";
pub(crate) const UNDER_WAY: &str = "delivery-under-way";

/// What is known of a label when its next request is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing was remembered of it.
    New,
    /// It was accepted, or its delivery handled.
    Accepted,
    /// Redis may or may not have heard of it.
    Unknown,
}

/// What is wrong with the answers to one label.
pub(crate) fn complaints(story: &Story, windows: &[Window]) -> Vec<Complaint> {
    if story.kind.is_twins() {
        return twins(story, windows);
    }
    let mut known = Known::New;
    let mut found = Vec::new();
    for attempt in &story.attempts {
        let touched = faults(attempt, windows);
        if !may_be(story, attempt, known, &touched) {
            found.push(complaint(attempt, &touched));
        }
        known = after(story.kind, known, attempt, !touched.is_empty());
    }
    found
}

/// What was broken while the request was on its way, or shortly before.
pub(crate) fn faults(attempt: &Attempt, windows: &[Window]) -> Vec<Fault> {
    windows.iter().filter(|window| window.touches(attempt)).map(|window| window.fault).collect()
}

fn may_be(story: &Story, attempt: &Attempt, known: Known, touched: &[Fault]) -> bool {
    match &attempt.answer {
        Answer::Unavailable(cause) => touched.iter().any(|fault| fault.explains(cause)),
        Answer::Refused(cause) if story.kind.is_bad() => story.kind.causes().contains(&cause.as_str()),
        Answer::Refused(_) if story.kind.is_delivery() => false,
        Answer::Refused(cause) if cause == "replayed" => known != Known::New,
        // Whatever became of it before.
        Answer::Refused(cause) => {
            matches!(cause.as_str(), "too-old" | "before-memory") && age(story, attempt.answered) + SECOND >= MAX_AGE
        }
        Answer::Accepted => {
            let is_old = age(story, attempt.sent) > MAX_AGE + SECOND;
            !story.kind.is_bad() && !story.kind.is_delivery() && known != Known::Accepted && !is_old
        }
        Answer::Handled | Answer::Failed => {
            let as_told = (attempt.answer == Answer::Failed) == attempt.fails;
            story.kind.is_delivery() && !story.kind.is_bad() && as_told && known != Known::Accepted
        }
        // A delivery whose end could not be told comes again as if it were new.
        Answer::Seen => story.kind.is_delivery() && !story.kind.is_bad() && known != Known::New,
        Answer::Other(_) => false,
    }
}

/// How long before `moment` it was signed.
fn age(story: &Story, moment: Duration) -> Duration {
    moment.saturating_sub(story.attempts.first().map_or(moment, |first| first.sent))
}

fn after(kind: Kind, known: Known, attempt: &Attempt, is_touched: bool) -> Known {
    match &attempt.answer {
        // How it ended may not have been told.
        Answer::Handled if is_touched => Known::Unknown,
        Answer::Accepted | Answer::Seen | Answer::Handled => Known::Accepted,
        // That it was reserved is over by the time that everything is well again.
        Answer::Failed => Known::New,
        Answer::Refused(_) if !kind.is_bad() => Known::Accepted,
        Answer::Unavailable(cause) if cause == REPLAY && !kind.is_delivery() && known == Known::New => Known::Unknown,
        _ => known,
    }
}

/// Two at the same moment: neither comes before the other.
fn twins(story: &Story, windows: &[Window]) -> Vec<Complaint> {
    let [first, second] = story.attempts.as_slice() else { return vec![Wrong::Other.that("they are not two")] };
    let attempts = [first, second];
    let touched = attempts.map(|attempt| faults(attempt, windows));
    let any_touched = touched.iter().any(|faults| !faults.is_empty());
    let mut found = Vec::new();
    for (attempt, touched) in attempts.into_iter().zip(&touched) {
        let other = if std::ptr::eq(attempt, first) { second } else { first };
        let is_fine = match &attempt.answer {
            Answer::Unavailable(cause) if cause == UNDER_WAY => {
                story.kind.is_delivery() && (other.answer.ran() || !touched.is_empty())
            }
            Answer::Unavailable(cause) => touched.iter().any(|fault| fault.explains(cause)),
            Answer::Accepted => !story.kind.is_delivery() && !other.answer.ran(),
            // Where the end of the first could not be told, the second is handled as well.
            Answer::Handled => story.kind.is_delivery() && (!other.answer.ran() || any_touched),
            Answer::Refused(cause) => {
                let other_took =
                    other.answer.ran() || matches!(&other.answer, Answer::Unavailable(cause) if cause == REPLAY);
                !story.kind.is_delivery() && cause == "replayed" && other_took
            }
            Answer::Seen => story.kind.is_delivery() && other.answer.ran(),
            Answer::Failed | Answer::Other(_) => false,
        };
        if !is_fine {
            found.push(complaint(attempt, touched));
        }
    }
    if !any_touched && !attempts.iter().any(|attempt| attempt.answer.ran()) {
        let is_unavailable = |attempt: &&Attempt| matches!(attempt.answer, Answer::Unavailable(_));
        let wrong = if attempts.iter().any(is_unavailable) { Wrong::Unavailable } else { Wrong::Refusal };
        found.push(wrong.that("neither of the two was accepted in health"));
    }
    found
}

fn complaint(attempt: &Attempt, touched: &[Fault]) -> Complaint {
    let during = match touched {
        [] => "in health".to_owned(),
        faults => format!("while: {}", faults.iter().map(|fault| fault.name()).collect::<Vec<_>>().join(", ")),
    };
    attempt.answer.wrong().that(format!(
        "{} from server {} at {:.3} s, after {:.3} s, {during}",
        attempt.answer.name(),
        attempt.server,
        attempt.sent.as_secs_f64(),
        attempt.answered.saturating_sub(attempt.sent).as_secs_f64(),
    ))
}
