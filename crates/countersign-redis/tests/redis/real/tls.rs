//! Over TLS.

use std::{fs, net::TcpListener, path::Path, process::Command};

use countersign::{ReplayStore, Reserved};
use countersign_redis::{Builder, RedisReplayStore, StoreError};
use tempfile::TempDir;

use super::server::Server;
use crate::support::{NOW, PATIENT, acceptance};

/// `<name>.pem` and `<name>.key`: a certificate that vouches for itself.
fn certify(folder: &Path, name: &str) {
    let arguments = format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout {name}.key -out {name}.pem -subj /CN={name} \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    );
    let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn start(is_client_known: &str) -> (Server, Vec<u8>, (Vec<u8>, Vec<u8>)) {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "server");
    certify(folder.path(), "client");
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    let (root, client) = (read("server.pem"), (read("client.pem"), read("client.key")));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tls = format!(
        "--tls-port {port} --tls-cert-file server.pem --tls-key-file server.key --tls-ca-cert-file client.pem \
         --tls-auth-clients {is_client_known}"
    );
    let server = Server::start_in(folder, port, "0", &tls.split_ascii_whitespace().collect::<Vec<_>>());
    (server, root, client)
}

fn builder(host: &str, server: &Server) -> Builder {
    RedisReplayStore::builder(&format!("rediss://{host}:{}", server.port)).time_limit(PATIENT).connections(1)
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_certificate_is_checked_against_its_root_and_its_name() {
    let (server, root, _) = start("no");
    let trusting = builder("127.0.0.1", &server).root_certificates(root.clone()).build().unwrap();
    assert!(matches!(trusting.reserve(acceptance(1), NOW).await, Ok(Reserved::New(_))));
    assert_eq!(trusting.reserve(acceptance(1), NOW).await, Ok(Reserved::Seen));
    let strangers = [builder("127.0.0.1", &server), builder("localhost", &server).root_certificates(root)];
    for stranger in strangers {
        let refused = stranger.build().unwrap().reserve(acceptance(2), NOW).await;
        let Err(StoreError::Unreachable { reason }) = &refused else { panic!("{refused:?}") };
        assert!(reason.contains("certificate"), "{reason}");
    }
    let plain = RedisReplayStore::builder(&server.url()).time_limit(PATIENT).build().unwrap();
    assert!(plain.reserve(acceptance(2), NOW).await.is_err());
    assert!(matches!(trusting.reserve(acceptance(2), NOW).await, Ok(Reserved::New(_))));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_client_shows_its_own_certificate() {
    let (server, root, (certificate, key)) = start("yes");
    let nameless = builder("127.0.0.1", &server).root_certificates(root.clone()).build().unwrap();
    assert!(nameless.reserve(acceptance(1), NOW).await.is_err());
    let known =
        builder("127.0.0.1", &server).root_certificates(root).client_certificate(certificate, key).build().unwrap();
    assert!(matches!(known.reserve(acceptance(1), NOW).await, Ok(Reserved::New(_))));
}
