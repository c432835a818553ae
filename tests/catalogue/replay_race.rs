//! The same request many times at the same moment.

use std::{
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
    let (barrier, statuses) = (Barrier::new(THREADS + 1), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut streams: Vec<_> = (0..CONNECTIONS / THREADS).map(|_| h1::connect(server.0.address)).collect();
                for request in &requests {
                    let own = send_at_once(&mut streams, request, &barrier);
                    statuses.lock().unwrap().extend(own);
                    barrier.wait();
                    barrier.wait();
                }
            });
        }
        for round in 0..rounds {
            barrier.wait();
            barrier.wait();
            let seen = std::mem::take(&mut *statuses.lock().unwrap());
            let events = server.0.inside.events();
            barrier.wait();
            let count = |status: u16| seen.iter().filter(|seen| **seen == status).count();
            assert_eq!((count(200), count(401)), (1, CONNECTIONS - 1), "round {round}");
            let replayed = events.iter().filter(|event| event["cause"] == "replayed").count();
            assert_eq!((events.len(), replayed), (CONNECTIONS - 1, CONNECTIONS - 1), "round {round}");
            assert_eq!(server.calls(), round + 1);
        }
    });
}

/// Holds the last byte of each back until all the others are there.
fn send_at_once(streams: &mut [TcpStream], request: &[u8], barrier: &Barrier) -> Vec<u16> {
    let (last, head) = request.split_last().unwrap();
    for stream in &mut *streams {
        stream.write_all(head).unwrap();
    }
    barrier.wait();
    for stream in &mut *streams {
        stream.write_all(&[*last]).unwrap();
    }
    streams.iter_mut().flat_map(|stream| h1::read(stream, 1).statuses()).collect()
}
