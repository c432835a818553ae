//! The same request many times at the same moment.

use std::{
    collections::BTreeMap,
    io::Write,
    net::TcpStream,
    sync::{Barrier, Mutex},
    thread,
};

use countersign_actix::ReplayProtection;

use super::{
    h1,
    instance::{Clock, Instance, memory, request},
};

const CONNECTIONS: usize = 100;
const THREADS: usize = 4;

pub fn a_hundred_rounds() {
    race(100);
}

/// Sends one request on a hundred connections at once, so many times, to a server of several threads: one of each hundred is accepted.
pub fn race(rounds: usize) {
    let clock = Clock::new();
    let server = Instance::protected(THREADS, &clock, ReplayProtection::new(memory()));
    let requests: Vec<_> = (0..rounds).map(|_| h1::bytes(&request(clock.now()))).collect();
    let connect = |_| (0..CONNECTIONS / THREADS).map(|_| h1::connect(server.0.address)).collect();
    let streams: [Vec<TcpStream>; THREADS] = std::array::from_fn(connect);
    let (barrier, statuses) = (Barrier::new(THREADS + 1), Mutex::new(Vec::new()));
    // What is wrong is said at the end: who panics here leaves the others waiting.
    let mut seen = Vec::new();
    thread::scope(|scope| {
        for mut streams in streams {
            let (requests, barrier, statuses) = (&requests, &barrier, &statuses);
            scope.spawn(move || {
                for request in requests {
                    let own = send_at_once(&mut streams, request, barrier);
                    statuses.lock().unwrap().extend(own);
                    barrier.wait();
                }
            });
        }
        for _ in 0..rounds {
            barrier.wait();
            barrier.wait();
            let count = |status| {
                let all = statuses.lock().unwrap();
                all.iter().filter(|own| **own == status).count()
            };
            seen.push((count(200), count(401), server.calls(), causes(&server)));
            statuses.lock().unwrap().clear();
        }
    });
    for (round, seen) in seen.into_iter().enumerate() {
        let others = CONNECTIONS - 1;
        assert_eq!(seen, (1, others, round + 1, [("replayed".to_owned(), others)].into()), "round {round}");
    }
}

/// How often each cause was logged since the last call.
fn causes(server: &Instance) -> BTreeMap<String, usize> {
    let mut causes = BTreeMap::new();
    for mut event in server.0.inside.events() {
        *causes.entry(event.remove("cause").unwrap_or_default()).or_default() += 1;
    }
    causes
}

/// Holds the last byte of each back until all the others are there.
fn send_at_once(streams: &mut [TcpStream], request: &[u8], barrier: &Barrier) -> Vec<u16> {
    let (head, last) = request.split_at(request.len() - 1);
    // What is not sent is not answered.
    let send = |streams: &mut [TcpStream], bytes: &[u8]| {
        for stream in streams {
            let _ = stream.write_all(bytes);
        }
    };
    send(streams, head);
    barrier.wait();
    send(streams, last);
    streams.iter_mut().flat_map(|stream| h1::read(stream, 1).statuses()).collect()
}
