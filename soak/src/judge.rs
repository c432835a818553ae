//! Joins what was sent and answered with what the handlers logged.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use crate::{
    kind::Kind,
    rules,
    story::{Answer, Complaint, Ended, Fault, RECOVERY, Run, Story, Window, Wrong},
};

#[cfg(test)]
mod tests;

/// All that is to be known of a run.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What is wrong, each with its label.
    pub(crate) complaints: Vec<Complaint>,
    /// How many labels of each kind there were.
    pub(crate) labels: BTreeMap<Kind, u64>,
    /// How often each kind was answered with what.
    pub(crate) answers: BTreeMap<Kind, BTreeMap<String, u64>>,
    /// Labels whose handler ended well more than once: deliveries whose end could not be told.
    pub(crate) handled_again: u64,
    pub(crate) windows: Vec<Recovered>,
}

/// What a window brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovered {
    pub(crate) window: Window,
    /// How many requests got 503.
    pub(crate) unavailable: u64,
    /// From its end to the last 503.
    pub(crate) recovery: Duration,
}

/// Judges every label.
pub(crate) fn join(stories: &[Story], runs: &[Run], windows: &[Window]) -> Verdict {
    let mut by_label: HashMap<u64, Vec<&Run>> = HashMap::new();
    for run in runs {
        by_label.entry(run.label).or_default().push(run);
    }
    let mut verdict = Verdict {
        complaints: Vec::new(),
        labels: BTreeMap::new(),
        answers: BTreeMap::new(),
        handled_again: 0,
        windows: windows.iter().map(|window| recovered(stories, window)).collect(),
    };
    for story in stories {
        let runs = by_label.remove(&story.label).unwrap_or_default();
        let wrong = rules::complaints(story, windows).into_iter().chain(handled_wrongly(story, &runs, windows));
        let of = |found: Complaint| {
            found.wrong.that(format!("label {}, {}: {}", story.label, story.kind.name(), found.what))
        };
        verdict.complaints.extend(wrong.map(of));
        *verdict.labels.entry(story.kind).or_default() += 1;
        for attempt in &story.attempts {
            let answers = verdict.answers.entry(story.kind).or_default();
            *answers.entry(attempt.answer.name()).or_default() += 1;
        }
        verdict.handled_again += u64::from(runs.iter().filter(|run| run.ended == Ended::Well).count() > 1);
    }
    verdict
        .complaints
        .extend(by_label.keys().map(|label| Wrong::Accept.that(format!("label {label} was handled and never sent"))));
    verdict.complaints.extend(verdict.windows.iter().filter_map(Recovered::complaint));
    verdict
}

/// The handlers' logs have to say what the answers say: once for each answer that a handler gives, and for nothing else.
fn handled_wrongly(story: &Story, runs: &[&Run], windows: &[Window]) -> Vec<Complaint> {
    let answered = |server, answer: &[Answer]| {
        let attempts = story.attempts.iter().filter(|attempt| attempt.server == server);
        attempts.filter(|attempt| answer.contains(&attempt.answer)).count()
    };
    let logged = |server, ended| runs.iter().filter(|run| run.server == server && run.ended == ended).count();
    let mut found = Vec::new();
    for server in [0, 1] {
        let pairs = [
            (Ended::Well, answered(server, &[Answer::Accepted, Answer::Handled])),
            (Ended::Failed, answered(server, &[Answer::Failed])),
        ];
        for (ended, answers) in pairs {
            let logged = logged(server, ended);
            if logged != answers {
                found.push(format!("server {server} logged {logged} runs that ended {ended:?} and answered {answers}"));
            }
        }
    }
    if story.kind.is_bad() && !runs.is_empty() {
        found.push(format!("handled {} times", runs.len()));
    }
    let ended_well = runs.iter().filter(|run| run.ended == Ended::Well).count();
    let in_health = || story.attempts.iter().all(|attempt| rules::faults(attempt, windows).is_empty());
    if ended_well > 1 && (!story.kind.is_delivery() || in_health()) {
        found.push(format!("handled {ended_well} times"));
    }
    let strangers = runs.iter().filter(|run| run.caller != story.caller);
    found.extend(strangers.map(|run| format!("{} was taken for {}", story.caller, run.caller)));
    found.into_iter().map(|what| Wrong::Accept.that(what)).collect()
}

fn recovered(stories: &[Story], window: &Window) -> Recovered {
    let attempts = stories.iter().flat_map(|story| &story.attempts);
    let within = attempts.filter(|attempt| {
        matches!(&attempt.answer, Answer::Unavailable(cause) if window.touches(attempt) && explains(window.fault, cause))
    });
    let (unavailable, last) =
        within.fold((0, Duration::ZERO), |(count, last), attempt| (count + 1, last.max(attempt.answered)));
    Recovered { window: *window, unavailable, recovery: last.saturating_sub(window.end) }
}

/// Two equal deliveries at the same moment say nothing of a fault.
fn explains(fault: Fault, cause: &str) -> bool {
    cause != rules::UNDER_WAY && fault.explains(cause)
}

impl Recovered {
    fn complaint(&self) -> Option<Complaint> {
        let (name, at) = (self.window.fault.name(), self.window.begin.as_secs_f64());
        if self.recovery > RECOVERY {
            let took = self.recovery.as_secs_f64();
            return Some(Wrong::Late.that(format!("{name} at {at:.1} s: well again only {took:.3} s behind its end")));
        }
        // Otherwise it would not have been tried at all.
        (self.unavailable == 0).then(|| Wrong::Other.that(format!("{name} at {at:.1} s: nobody noticed")))
    }
}
