//! Breaks what the servers rest on, one thing after the other.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    redis::Redis,
    serve::{BREAK, STALL, WELL},
    servers::{Failure, Server},
    story::{Fault, RECOVERY, Window},
};

/// Before the first fault.
const HEALTHY: Duration = Duration::from_secs(6);

/// From one to the next, most of which is health.
const EVERY: Duration = Duration::from_secs(13);

const LASTS: Duration = Duration::from_secs(3);

/// How long Redis is gone before it is started again.
const GONE: Duration = Duration::from_secs(1);

/// Breaks one thing after the other until `ends`, and says when.
pub(crate) fn schedule(
    start: Instant,
    ends: Duration,
    redis: &mut Redis,
    redis_id: &AtomicU32,
    servers: &mut [Server],
) -> Result<Vec<Window>, Failure> {
    let mut windows = Vec::new();
    for (fault, begin) in Fault::ALL.into_iter().cycle().zip((0..).map(|turn| HEALTHY + EVERY * turn)) {
        if begin + LASTS + RECOVERY * 2 > ends {
            break;
        }
        sleep(begin.saturating_sub(start.elapsed()));
        let begin = start.elapsed();
        strike(fault, redis, servers)?;
        redis_id.store(redis.id(), Ordering::Relaxed);
        windows.push(Window { fault, begin, end: start.elapsed() });
    }
    Ok(windows)
}

fn strike(fault: Fault, redis: &mut Redis, servers: &mut [Server]) -> Result<(), Failure> {
    let mut tell = |mood| servers.iter_mut().try_for_each(|server| server.tell(mood));
    match fault {
        Fault::RedisPaused => {
            redis.pause()?;
            sleep(LASTS);
            redis.resume()
        }
        Fault::RedisKilled => {
            redis.kill()?;
            sleep(GONE);
            redis.start_again()
        }
        Fault::LoaderStalls | Fault::LoaderFails => {
            tell(if fault == Fault::LoaderStalls { STALL } else { BREAK })?;
            sleep(LASTS);
            tell(WELL)
        }
    }
}
