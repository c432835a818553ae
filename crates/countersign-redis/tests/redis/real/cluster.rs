//! A cluster of three.

use std::{collections::HashSet, env, net::TcpListener, process::Command, thread::sleep, time::Duration};

use countersign::{ReplayStore, Reserved};
use countersign_redis::{RedisReplayStore, StoreError};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{outages::fails_for, outages::recovers, server::Server};
use crate::support::{NOW, PATIENT, acceptance, leased};

struct Cluster(Vec<Server>);

impl Cluster {
    fn start() -> Self {
        let servers = (0..3).map(|_| start()).collect::<Vec<_>>();
        let client = env::var("COUNTERSIGN_REDIS_CLI").unwrap_or_else(|_| "redis-cli".to_owned());
        let addresses = servers.iter().map(|server| format!("127.0.0.1:{}", server.port));
        let made =
            Command::new(client).args(["--cluster", "create"]).args(addresses).arg("--cluster-yes").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let cluster = Self(servers);
        cluster.wait_until_ready();
        cluster
    }

    /// Servers that were gone refuse everything for a few seconds, until they have heard from each other.
    fn wait_until_ready(&self) {
        while !self.0.iter().all(|server| server.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok")) {
            sleep(Duration::from_millis(50));
        }
    }

    fn store(&self, limit: Duration) -> RedisReplayStore {
        let urls = self.0.iter().map(Server::url).collect::<Vec<_>>();
        RedisReplayStore::cluster(urls.iter().map(String::as_str)).time_limit(limit).build().unwrap()
    }

    /// A request of each server.
    fn numbers(&self) -> Vec<u32> {
        let slots = self.0.iter().map(Cluster::slots).collect::<Vec<_>>();
        slots.iter().map(|slots| (0..10_000).find(|&number| slots.contains(&self.slot(number))).unwrap()).collect()
    }

    fn slot(&self, number: u32) -> u64 {
        self.0[0].ask(&["CLUSTER", "KEYSLOT", &key(number)])
    }

    fn slots(server: &Server) -> HashSet<u64> {
        let nodes: String = server.ask(&["CLUSTER", "NODES"]);
        let own = nodes.lines().find(|line| line.contains("myself")).unwrap();
        let range = own.split(' ').nth(8).unwrap();
        let (first, last) = range.split_once('-').unwrap();
        (first.parse().unwrap()..=last.parse().unwrap()).collect()
    }
}

/// A cluster's servers talk to each other on a port of their own, which is the other one and 10,000 by default.
fn start() -> Server {
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let talk = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if port != talk {
            let arguments = format!(
                "--cluster-enabled yes --cluster-port {talk} --cluster-node-timeout 1000 --cluster-require-full-coverage no"
            );
            let arguments = arguments.split(' ').collect::<Vec<_>>();
            return Server::start_in(TempDir::new().unwrap(), port, &port.to_string(), &arguments);
        }
    }
}

fn key(number: u32) -> String {
    use base64::Engine;
    let half = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&acceptance(number).fingerprint.as_bytes()[..16]);
    format!("countersign:{{{half}}}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts redis-server"]
async fn a_cluster_shares_the_keys_and_accepts_each_once() {
    let cluster = Cluster::start();
    let stores = [cluster.store(PATIENT), cluster.store(PATIENT)];
    assert_eq!(stores[0].check().await.unwrap().len(), 3);
    stores[0].ping().await.unwrap();
    for number in 0..50 {
        let mut tasks = JoinSet::new();
        for task in 0..100 {
            let store = stores[task % 2].clone();
            tasks.spawn(async move { store.reserve(acceptance(number), NOW).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Reserved::New(_))).count(), 1);
    }
    for server in &cluster.0 {
        assert!(server.ask::<u64>(&["DBSIZE"]) > 0);
    }
    let Ok(Reserved::New(ticket)) = stores[0].reserve(leased(100), NOW).await else { panic!("not new") };
    assert_eq!(stores[1].reserve(leased(100), NOW).await, Ok(Reserved::UnderWay));
    assert_eq!(stores[0].release(leased(100), ticket).await, Ok(()));
    let Ok(Reserved::New(ticket)) = stores[1].reserve(leased(100), NOW).await else { panic!("not new") };
    assert_eq!(stores[0].commit(leased(100), ticket, NOW).await, Ok(()));
    assert_eq!(stores[1].reserve(leased(100), NOW).await, Ok(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_key_is_found_while_it_moves_and_after_it() {
    let cluster = Cluster::start();
    let store = cluster.store(PATIENT);
    let number = cluster.numbers()[0];
    let (from, to) = (&cluster.0[0], &cluster.0[1]);
    let slot = cluster.slot(number).to_string();
    assert!(matches!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::New(_))));

    let (id_from, id_to): (String, String) = (from.ask(&["CLUSTER", "MYID"]), to.ask(&["CLUSTER", "MYID"]));
    let _: String = to.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id_from]);
    let _: String = from.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id_to]);
    // It is still there.
    assert_eq!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::Seen));
    let _: String = from.ask(&["MIGRATE", "127.0.0.1", &to.port.to_string(), &key(number), "0", "1000"]);
    // It is no longer, and the slot is not yet the other's: ASK.
    assert_eq!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::Seen));
    assert_eq!(store.reserve(leased(number), NOW).await, Ok(Reserved::Seen));
    for server in [to, from, &cluster.0[2]] {
        let _: String = server.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &id_to]);
    }
    // MOVED.
    assert_eq!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::Seen));
    assert_eq!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn one_server_of_a_cluster_that_is_gone_fails_for_its_keys_alone() {
    let mut cluster = Cluster::start();
    let limit = Duration::from_millis(200);
    let store = cluster.store(limit);
    let numbers = cluster.numbers();
    for &number in &numbers {
        recovers(&store, number).await;
    }
    cluster.0[0].kill();
    for _ in 0..4 {
        fails_for(&store, Duration::from_millis(500), numbers[0]).await;
        assert_eq!(recovers(&store, numbers[1]).await, Reserved::Seen);
        assert_eq!(recovers(&store, numbers[2]).await, Reserved::Seen);
    }
    cluster.0[0].start_again();
    cluster.wait_until_ready();
    let first = recovers(&store, numbers[0]).await;
    assert!(matches!(first, Reserved::New(_)), "{first:?}");
    assert_eq!(store.reserve(acceptance(numbers[0]), NOW).await, Ok::<_, StoreError>(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_cluster_that_is_stopped_is_found_again() {
    let mut cluster = Cluster::start();
    let store = cluster.store(Duration::from_millis(200));
    let number = cluster.numbers()[2];
    recovers(&store, number).await;
    for server in &cluster.0 {
        server.pause();
    }
    fails_for(&store, Duration::from_secs(4), number).await;
    for server in &cluster.0 {
        server.resume();
    }
    cluster.wait_until_ready();
    assert_eq!(recovers(&store, number).await, Reserved::Seen);

    for server in &mut cluster.0 {
        server.kill();
    }
    fails_for(&store, Duration::from_secs(4), number).await;
    for server in &mut cluster.0 {
        server.start_again();
    }
    cluster.wait_until_ready();
    recovers(&store, number).await;
}
