//! Whether all refusals of a run are alike.

use std::collections::BTreeMap;

use super::{answer::Answer, lab::Lab, message::Message, report::Report, subject::Route};

/// All refusals of requests that nobody without a key may tell apart.
#[derive(Default)]
pub struct Refusals {
    first: BTreeMap<String, Answer>,
    differences: Vec<String>,
}

impl Refusals {
    /// Adds what differed to the row that all of them answer to.
    pub fn tell(self, report: &mut Report) {
        for difference in self.differences {
            report.fail("A159", difference);
        }
    }

    pub fn see(&mut self, lab: &Lab<'_>, message: &Message, answer: Option<&Answer>) {
        let Some(answer) = answer.filter(|answer| answer.status == 401) else { return };
        let connection = message.values("connection").next().map(String::from_utf8_lossy);
        // Of webhooks each provider has a route of its own, with its own answer.
        let hook = match lab.route {
            Route::Hooks | Route::GuardedHooks | Route::RememberedHooks => message.target.as_str(),
            _ => "",
        };
        let group = format!(
            "{} {}{hook} {} {} body {} {connection:?}",
            lab.protocol.name(),
            lab.route.name(),
            message.method,
            message.version,
            message.announces_body(lab.protocol)
        );
        let answer = if lab.is_ours() { answer.clone() } else { comparable(answer) };
        let first = self.first.entry(group.clone()).or_insert_with(|| answer.clone());
        if *first != answer {
            self.differences.push(format!("{group}: {first:?} and {answer:?}"));
        }
    }
}

/// Without the values that a server elsewhere may change from answer to answer.
fn comparable(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    for (name, value) in &mut answer.fields {
        if !matches!(name.as_str(), "www-authenticate" | "content-type" | "content-length") {
            value.clear();
        }
    }
    answer
}
