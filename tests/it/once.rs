//! Each signed request is accepted once, and a webhook's delivery handled once.

mod corners;
mod deliveries;
mod requests;

use std::{
    collections::HashMap,
    future::{pending, ready},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use actix_web::{
    App,
    http::header::HeaderValue,
    test::{call_service, init_service, read_body},
    web::ServiceConfig,
};
use countersign::{Acceptance, Fingerprint, ReplayStore, Reserved, Ticket, UnixTime};
use futures::{
    FutureExt, TryFutureExt,
    future::{BoxFuture, LocalBoxFuture},
};

use crate::wire::{Answer, Raw};

/// An app of this thread, where events can be read.
struct Served(Box<dyn Fn(Raw) -> LocalBoxFuture<'static, Answer>>);

impl Served {
    async fn start(routes: impl FnOnce(&mut ServiceConfig)) -> Self {
        let app = Rc::new(init_service(App::new().configure(routes)).await);
        Self(Box::new(move |raw| {
            let app = Rc::clone(&app);
            Box::pin(async move {
                let response = call_service(&*app, raw.into_actix().to_request()).await;
                let status = response.status().as_u16();
                let line = |(name, value): (_, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
                let head = response.headers().iter().map(line).collect();
                let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
                Answer { status, head, body }
            })
        }))
    }

    async fn answer(&self, raw: &Raw) -> Answer {
        (self.0)(raw.clone()).await
    }

    async fn status(&self, raw: &Raw) -> u16 {
        self.answer(raw).await.status
    }
}

/// How a store of the test's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    /// With an error.
    Down,
    /// Never.
    Silent,
    Panicking,
    /// That it is from before its memory.
    Forgetful,
}

type Kept = HashMap<Fingerprint, (Option<Ticket>, Acceptance)>;

/// A store of a test's, which counts what it is asked.
#[derive(Clone)]
struct Notes {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
    tickets: Arc<AtomicU64>,
    /// Under a ticket while it is under way.
    kept: Arc<Mutex<Kept>>,
}

impl Notes {
    fn new() -> Self {
        let mood = Arc::new(Mutex::new(Mood::Well));
        Self { mood, asked: Arc::default(), tickets: Arc::default(), kept: Arc::default() }
    }

    fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often it was asked since the last call.
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn kept(&self) -> Vec<Acceptance> {
        self.kept.lock().unwrap().values().map(|(_, acceptance)| *acceptance).collect()
    }

    fn in_this_mood<T: Send + 'static>(
        &self,
        well: impl FnOnce() -> T,
        forgetful: Option<T>,
    ) -> BoxFuture<'static, Result<T, &'static str>> {
        match (*self.mood.lock().unwrap(), forgetful) {
            (Mood::Down, _) => ready(Err("the store is down")).boxed(),
            (Mood::Silent, _) => pending().boxed(),
            (Mood::Panicking, _) => async { panic!("the store panics") }.boxed(),
            (Mood::Forgetful, Some(forgetful)) => ready(Ok(forgetful)).boxed(),
            (Mood::Well | Mood::Forgetful, _) => ready(Ok(well())).boxed(),
        }
    }
}

impl ReplayStore for Notes {
    type Error = &'static str;

    fn reserve(
        &self,
        acceptance: Acceptance,
        _: UnixTime,
    ) -> impl Future<Output = Result<Reserved, &'static str>> + Send {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let well = || {
            let mut kept = self.kept.lock().unwrap();
            match kept.get(&acceptance.fingerprint) {
                Some((Some(_), _)) => return Reserved::UnderWay,
                Some((None, _)) => return Reserved::Seen,
                None => {}
            }
            let ticket = Ticket(self.tickets.fetch_add(1, Ordering::SeqCst));
            kept.insert(acceptance.fingerprint, (acceptance.lease.map(|_| ticket), acceptance));
            Reserved::New(ticket)
        };
        self.in_this_mood(well, Some(Reserved::Forgotten))
    }

    fn commit(
        &self,
        acceptance: Acceptance,
        _: Ticket,
        _: UnixTime,
    ) -> impl Future<Output = Result<(), &'static str>> + Send {
        let commit = || self.kept.lock().unwrap().insert(acceptance.fingerprint, (None, acceptance));
        self.in_this_mood(commit, None).map_ok(|_| ())
    }

    fn release(&self, acceptance: Acceptance, _: Ticket) -> impl Future<Output = Result<(), &'static str>> + Send {
        self.in_this_mood(|| self.kept.lock().unwrap().remove(&acceptance.fingerprint), None).map_ok(|_| ())
    }
}
