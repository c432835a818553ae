//! Sends what is planned, at a steady rate, and notes the answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::{
    sync::{Semaphore, mpsc},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    craft::{Plan, Signers},
    message::Http,
    story::{Answer, Attempt, Story},
};

/// Longer than any deadline of the servers.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many labels may wait for answers at once. More would only be sockets.
const UNDER_WAY: usize = 2000;

/// How often a sender tries again. All of it has to be within what a request may be old.
const TRIES: usize = 3;

/// What all senders share.
pub(crate) struct Driver {
    http: Http,
    ports: [u16; 2],
    signers: Arc<Signers>,
    start: Instant,
    ends: Duration,
    under_way: Semaphore,
}

/// How many labels are begun by then.
pub(crate) fn labels_until(moment: Duration, rate: u32) -> u64 {
    u64::try_from(moment.as_millis()).unwrap() * u64::from(rate) / 1000
}

impl Driver {
    pub(crate) fn new(ports: [u16; 2], start: Instant, ends: Duration) -> Self {
        // Connections that are left alone end here first, so that none ends under a request.
        let http = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .retry_canceled_requests(false)
            .build_http();
        Self { http, ports, signers: Signers::new(), start, ends, under_way: Semaphore::new(UNDER_WAY) }
    }

    /// Begins `rate` labels a second until the end, and gives what became of all of them.
    pub(crate) async fn drive(self, rate: u32, seed: u64) -> Vec<Story> {
        let driver = Arc::new(self);
        let (stories, mut told) = mpsc::unbounded_channel();
        let listener = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(story) = told.recv().await {
                all.push(story);
            }
            all
        });
        let mut ticks = interval(Duration::from_millis(5));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut begun = 0;
        while driver.start.elapsed() < driver.ends {
            ticks.tick().await;
            let due = labels_until(driver.start.elapsed(), rate);
            for label in begun..due {
                let (driver, stories) = (Arc::clone(&driver), stories.clone());
                tokio::spawn(async move {
                    let Ok(_permit) = driver.under_way.try_acquire() else { return };
                    let plan = driver.signers.plan(seed, label);
                    stories.send(driver.tell(plan).await).unwrap();
                });
            }
            begun = due;
        }
        drop(stories);
        listener.await.unwrap()
    }

    async fn tell(&self, plan: Plan) -> Story {
        let (first, other) = (plan.server, 1 - plan.server);
        let mut attempts = Vec::new();
        if plan.kind.is_twins() {
            let (one, two) = futures::join!(self.send(&plan, first, false), self.send(&plan, other, false));
            attempts.extend([one, two]);
        } else {
            let fails = plan.kind == crate::kind::Kind::DeliveryFails;
            attempts.push(self.send(&plan, first, fails).await);
            if !plan.kind.is_bad() {
                self.send_until_answered(&plan, &mut attempts).await;
                if let Some(again) = plan.again {
                    self.send_later(&plan, again, &mut attempts).await;
                    self.send_until_answered(&plan, &mut attempts).await;
                }
            }
        }
        Story { label: plan.label, kind: plan.kind, caller: plan.caller, attempts }
    }

    /// As an honest sender does who was told to come again.
    async fn send_until_answered(&self, plan: &Plan, attempts: &mut Vec<Attempt>) {
        let unanswered =
            |attempts: &[Attempt]| matches!(attempts.last().map(|last| &last.answer), Some(Answer::Unavailable(_)));
        while unanswered(attempts) && attempts.len() < TRIES {
            if !self.send_later(plan, plan.patience, attempts).await {
                break;
            }
        }
    }

    /// To the other server than before, if there is time for it.
    async fn send_later(&self, plan: &Plan, pause: Duration, attempts: &mut Vec<Attempt>) -> bool {
        let has_time = self.start.elapsed() + pause < self.ends;
        if has_time {
            sleep(pause).await;
            let server = attempts.last().map_or(plan.server, |last| 1 - last.server);
            attempts.push(self.send(plan, server, false).await);
        }
        has_time
    }

    async fn send(&self, plan: &Plan, server: usize, fails: bool) -> Attempt {
        let sent = self.start.elapsed();
        let answer = timeout(PATIENCE, plan.message.send(&self.http, self.ports[server], fails)).await;
        let answer = answer.unwrap_or_else(|_| Answer::Other("no answer in time".to_owned()));
        Attempt { server, sent, answered: self.start.elapsed(), fails, answer }
    }
}
