//! Starts everybody, drives, breaks things, and judges.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Args,
    drive::{Driver, labels_until},
    faults, figures, judge,
    redis::Redis,
    report::{Judgement, Outcome},
    servers::{Failure, Server},
};

/// A whole run.
pub(crate) fn run(args: &Args) -> Result<Judgement, Failure> {
    let folder = tempfile::tempdir()?;
    let mut redis = Redis::start(folder.path())?;
    let start_server = |number| Server::start(number, &redis.url(), folder.path(), args.weaken);
    let mut servers = [start_server(0)?, start_server(1)?];
    let (ids, ports) = (servers.each_ref().map(Server::id), servers.each_ref().map(|server| server.port));

    let (start, ends) = (Instant::now(), Duration::from_secs_f64(args.minutes * 60.0));
    let (redis_id, port, is_over) = (AtomicU32::new(redis.id()), redis.port(), AtomicBool::new(false));
    let (stories, windows, samples) = thread::scope(|scope| {
        let windows = scope.spawn(|| faults::schedule(start, ends, &mut redis, &redis_id, &mut servers));
        let samples = scope.spawn(|| figures::watch(start, ids, (&redis_id, port), &is_over));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let stories =
            runtime.map(|runtime| runtime.block_on(Driver::new(ports, start, ends).drive(args.rate, args.seed)));
        let windows = windows.join().unwrap();
        is_over.store(true, Ordering::Relaxed);
        (stories, windows, samples.join().unwrap())
    });
    let (stories, windows, lasted) = (stories?, windows?, start.elapsed());
    let runs = [servers[0].runs()?, servers[1].runs()?].concat();
    let verdict = judge::join(&stories, &runs, &windows);
    let planned = labels_until(ends, args.rate);
    Ok(Outcome { stories, windows, samples, verdict, lasted, planned }.report())
}
