//! What was measured: memory, entries and how long answers took.

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    parties::{MARGIN, MAX_AGE, RETENTION},
    redis, rules,
    story::{Answer, Story, Window},
};

/// How many KiB the servers and Redis have, and how many entries there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) servers: [u64; 2],
    pub(crate) redis: u64,
    pub(crate) entries: Option<u64>,
}

/// Looks every second until it is told to stop.
pub(crate) fn watch(start: Instant, servers: [u32; 2], redis: (&AtomicU32, u16), is_over: &AtomicBool) -> Vec<Sample> {
    let samples = Mutex::new(Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let (id, port) = redis;
        let sample = Sample {
            at: start.elapsed(),
            servers: servers.map(resident),
            redis: resident(id.load(Ordering::Relaxed)),
            entries: redis::entries(port),
        };
        samples.lock().unwrap().push(sample);
        sleep(Duration::from_secs(1));
    }
    samples.into_inner().unwrap()
}

/// KiB in memory.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The middle one.
pub(crate) fn median<T: Copy + Ord>(values: impl IntoIterator<Item = T>) -> Option<T> {
    percentile(values, 50)
}

pub(crate) fn percentile<T: Copy + Ord>(values: impl IntoIterator<Item = T>, percent: usize) -> Option<T> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    values.get((values.len().saturating_sub(1)) * percent / 100).copied()
}

/// How long answers took in health.
pub(crate) fn latencies(stories: &[Story], windows: &[Window]) -> Vec<Duration> {
    let attempts = stories.iter().flat_map(|story| &story.attempts);
    let in_health = attempts.filter(|attempt| rules::faults(attempt, windows).is_empty());
    in_health.map(|attempt| attempt.answered.saturating_sub(attempt.sent)).collect()
}

/// The fewest and the most entries that Redis can have had at `at`, by what was accepted until then. What is over may stay a while: Redis
/// takes it away in the background.
pub(crate) fn expected_entries(stories: &[Story], at: Duration) -> (u64, u64) {
    // A second at either end: `Date` knows whole ones alone.
    let unsure = Duration::from_secs(2);
    let (mut fewest, mut most) = (0, 0);
    for story in stories.iter().filter(|story| !story.kind.is_bad()) {
        let life = MARGIN + if story.kind.is_delivery() { RETENTION } else { MAX_AGE };
        let took = |attempt: &&crate::story::Attempt| matches!(attempt.answer, Answer::Accepted | Answer::Handled);
        let Some(first) = story.attempts.first() else { continue };
        let last = story.attempts.iter().rfind(took).unwrap_or(first);
        let is_sure = story
            .attempts
            .iter()
            .find(took)
            .is_some_and(|taken| taken.answered <= at && at + unsure < first.sent + life);
        fewest += u64::from(is_sure);
        most += u64::from(first.sent <= at && at < last.answered + life + unsure);
    }
    (fewest, most + most / 5 + 200)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{expected_entries, median, percentile};
    use crate::{
        kind::Kind,
        story::{Answer, Attempt, Story},
    };

    #[test]
    fn the_middle_and_the_hundredth_are_values_that_were_there() {
        assert_eq!((median([3, 1, 2]), median([4, 1]), median::<u8>([])), (Some(2), Some(1), None));
        assert_eq!(percentile(0..=100, 99), Some(99));
    }

    #[test]
    fn an_entry_is_expected_from_its_acceptance_until_it_is_over() {
        let secs = Duration::from_secs;
        let story = |kind, answer| {
            let attempt = Attempt { server: 0, sent: secs(10), answered: secs(11), fails: false, answer };
            Story { label: 1, kind, caller: String::new(), attempts: vec![attempt] }
        };
        let fewest = |kind, answer: Answer| {
            [9, 11, 37, 39, 47, 49].map(|at| expected_entries(&[story(kind, answer.clone())], secs(at)).0)
        };
        assert_eq!(fewest(Kind::Good, Answer::Accepted), [0, 1, 1, 0, 0, 0]);
        assert_eq!(fewest(Kind::Delivery, Answer::Handled), [0, 1, 1, 1, 1, 0]);
    }

    #[test]
    fn what_was_refused_is_no_entry_and_what_was_not_answered_may_be_one() {
        let secs = Duration::from_secs;
        let expected = |kind, answer| {
            let attempt = Attempt { server: 0, sent: secs(10), answered: secs(11), fails: false, answer };
            let story = Story { label: 1, kind, caller: String::new(), attempts: vec![attempt] };
            // A fifth and 200 more may still wait to be taken away.
            let (fewest, most) = expected_entries(&vec![story; 1000], secs(20));
            (fewest, most - 200)
        };
        assert_eq!(expected(Kind::Good, Answer::Accepted), (1000, 1200));
        assert_eq!(expected(Kind::Good, Answer::Unavailable("replay-unavailable".to_owned())), (0, 1200));
        assert_eq!(expected(Kind::Unsigned, Answer::Refused("no-signature".to_owned())), (0, 0));
    }
}
