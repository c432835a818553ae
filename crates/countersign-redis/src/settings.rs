//! How a store is reached, and what it keeps.

use std::{fmt, time::Duration};

use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
#[cfg(feature = "tls")]
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::{error::SettingsError, link::Dial, store::RedisReplayStore};

/// A server that is gone without a word is noticed by TCP after so long, where the system can be told.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(1);

const LONGEST_PREFIX: usize = 64;

/// Settings of a [`RedisReplayStore`], which [`RedisReplayStore::builder`] and `RedisReplayStore::cluster` begin.
///
/// ```
/// use std::time::Duration;
///
/// use countersign_redis::RedisReplayStore;
///
/// let store = RedisReplayStore::builder("redis://127.0.0.1:6379")
///     .prefix("orders")
///     .margin(Duration::from_secs(30))
///     .time_limit(Duration::from_millis(100))
///     .build()?;
/// # let _ = store;
/// # Ok::<(), countersign_redis::SettingsError>(())
/// ```
#[must_use]
pub struct Builder {
    servers: Result<Servers, SettingsError>,
    pub(crate) prefix: String,
    pub(crate) margin: Duration,
    pub(crate) limit: Duration,
    connections: usize,
    #[cfg(feature = "tls")]
    certificates: redis::TlsCertificates,
}

#[derive(Clone)]
enum Servers {
    One(Box<ConnectionInfo>),
    #[cfg(feature = "cluster")]
    Cluster(Vec<ConnectionInfo>),
}

impl Builder {
    pub(crate) fn one(url: &str) -> Self {
        Self::new(server(url).map(Box::new).map(Servers::One))
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Self {
        // A cluster has its connections to each of its servers already.
        Self::new(urls.into_iter().map(server).collect::<Result<_, _>>().map(Servers::Cluster)).connections(1)
    }

    fn new(servers: Result<Servers, SettingsError>) -> Self {
        Self {
            servers,
            prefix: "countersign".to_owned(),
            margin: Duration::from_secs(60),
            limit: Duration::from_millis(200),
            connections: 2,
            #[cfg(feature = "tls")]
            certificates: redis::TlsCertificates { client_tls: None, root_cert: None },
        }
    }

    /// What all keys begin with; `countersign` unless set. Services that share a server and no requests have one each.
    ///
    /// It is 1 to 64 letters, digits and `-_.:/`: braces would say where in a cluster a key belongs.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How much longer an entry is kept than its request could be accepted; 60 seconds unless set.
    ///
    /// Whoever writes an entry counts by its own clock until when it is needed. A server of the fleet whose clock is slower accepts the
    /// request for longer than that: the margin has to be at least as long as the clocks of any two servers differ, and as the
    /// store's own clock may be set ahead.
    pub const fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// How long one operation may take, with connecting where that is needed; 200 milliseconds unless set.
    ///
    /// A request waits for it. What takes longer is [`StoreError::TimedOut`](crate::StoreError::TimedOut). It has to have room for
    /// connecting, with TLS and the password where they are used: a server further away needs more.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How many connections are taken in turn; 2 unless set, and 1 for a cluster, to each of its servers.
    ///
    /// Requests do not wait for each other on one of them: they are written one behind the other, and the server answers them in turn,
    /// from one thread. So more of them carry little more: measured with both programs on two cores, one carried 110,000 requests a
    /// second, two 125,000, and eight no more than one. The second is for when the first fails, or when the thread of this program
    /// on which it is read is busy otherwise.
    pub const fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// The roots that the server's certificate is checked against, in PEM, in place of the system's. With the feature `tls`.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.root_cert = Some(pem.into());
        self
    }

    /// The certificate that this client shows, with those that lead to its root, and its private key; both in PEM. With the feature `tls`.
    #[cfg(feature = "tls")]
    pub fn client_certificate(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let pair = redis::ClientTlsConfig { client_cert: certificates.into(), client_key: key.into() };
        self.certificates.client_tls = Some(pair);
        self
    }

    /// The store. Nothing is connected yet, so that a server starts without it: [`RedisReplayStore::check`] tells whether it is there.
    ///
    /// With TLS the program's choice of cryptography for rustls is taken; where it has made none, it is aws-lc-rs from here on.
    ///
    /// # Errors
    ///
    /// If a setting makes no sense: see [`SettingsError`].
    pub fn build(self) -> Result<RedisReplayStore, SettingsError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        if !(1..=LONGEST_PREFIX).contains(&self.prefix.len()) || !self.prefix.bytes().all(allowed) {
            return Err(SettingsError::Prefix);
        }
        if self.limit.is_zero() {
            return Err(SettingsError::Zero("the time limit"));
        }
        if self.connections == 0 {
            return Err(SettingsError::Zero("the number of connections"));
        }
        let dial = self.dial()?;
        RedisReplayStore::new_with(&self, dial, self.connections, self.addresses())
    }

    fn dial(&self) -> Result<Dial, SettingsError> {
        match self.servers.clone()? {
            Servers::One(server) => self.dial_one(*server),
            #[cfg(feature = "cluster")]
            Servers::Cluster(servers) => self.dial_cluster(servers),
        }
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, reason = "with TLS it asks for the certificates")]
    fn dial_one(&self, server: ConnectionInfo) -> Result<Dial, SettingsError> {
        let client = Client::open(server).map_err(|_| SettingsError::Url { reason: "it names no server" })?;
        Ok(Dial::One(Box::new(client)))
    }

    #[cfg(feature = "tls")]
    fn dial_one(&self, server: ConnectionInfo) -> Result<Dial, SettingsError> {
        let client = if self.has_certificates(&server)? {
            Client::build_with_tls(server, self.certificates.clone()).map_err(|error| certificates(&error))?
        } else {
            Client::open(server).map_err(|_| SettingsError::Url { reason: "it names no server" })?
        };
        Ok(Dial::One(Box::new(client)))
    }

    #[cfg(feature = "cluster")]
    fn dial_cluster(&self, servers: Vec<ConnectionInfo>) -> Result<Dial, SettingsError> {
        // The larger part of the whole, so that it is known which server did not answer.
        let share = self.limit.saturating_mul(4).checked_div(5).unwrap_or(self.limit);
        #[cfg(feature = "tls")]
        let has_certificates = servers.first().map_or(Ok(false), |server| self.has_certificates(server))?;
        let client = redis::cluster::ClusterClient::builder(servers)
            .tcp_settings(tcp())
            .connection_timeout(share)
            .response_timeout(share)
            .overall_response_timeout(None)
            .retries(0);
        #[cfg(feature = "tls")]
        let client = if has_certificates { client.certs(self.certificates.clone()) } else { client };
        let client = client.build().map_err(|error| SettingsError::Cluster {
            reason: error.to_string().replace(" - InvalidClientConfig", ""),
        })?;
        Ok(Dial::Cluster(Box::new(client)))
    }

    /// Whether there are certificates of one's own, once it is known that they will be looked at.
    #[cfg(feature = "tls")]
    fn has_certificates(&self, server: &ConnectionInfo) -> Result<bool, SettingsError> {
        let any = self.certificates.root_cert.is_some() || self.certificates.client_tls.is_some();
        match server.addr() {
            ConnectionAddr::TcpTls { .. } => {
                // Roots of which there are none trust nobody, and every connection would fail.
                let roots = self.certificates.root_cert.as_deref();
                if roots.is_some_and(|pem| CertificateDer::pem_slice_iter(pem).next().is_none()) {
                    return Err(SettingsError::Certificates { reason: "there is no root among them".to_owned() });
                }
                // rustls would panic where it is built with two libraries of cryptography and nobody has chosen one. What is there
                // already stays.
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                Ok(any)
            }
            _ if any => Err(SettingsError::Certificates { reason: "the URL asks for no TLS".to_owned() }),
            _ => Ok(false),
        }
    }

    /// Hosts and ports, which say nothing of passwords.
    fn addresses(&self) -> Vec<String> {
        match &self.servers {
            Ok(Servers::One(server)) => vec![server.addr().to_string()],
            #[cfg(feature = "cluster")]
            Ok(Servers::Cluster(servers)) => servers.iter().map(|server| server.addr().to_string()).collect(),
            Err(_) => Vec::new(),
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("servers", &self.addresses())
            .field("prefix", &self.prefix)
            .field("margin", &self.margin)
            .field("time_limit", &self.limit)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "tls")]
fn certificates(error: &redis::RedisError) -> SettingsError {
    SettingsError::Certificates { reason: error.to_string() }
}

fn server(url: &str) -> Result<ConnectionInfo, SettingsError> {
    // Judged here, so that it is the same whatever features of the library under this one others turn on.
    if !cfg!(feature = "tls") && (url.starts_with("rediss:") || url.starts_with("valkeys:")) {
        return Err(SettingsError::NoTls);
    }
    let server = url.into_connection_info().map_err(|_| SettingsError::Url { reason: "it cannot be read as one" })?;
    if let ConnectionAddr::TcpTls { insecure: true, .. } = server.addr() {
        return Err(SettingsError::Insecure);
    }
    // Of no use here, and a refusal in the log of a server whose user may do no more than it needs.
    let login = server.redis_settings().clone().set_skip_set_lib_name();
    Ok(server.set_redis_settings(login).set_tcp_settings(tcp()))
}

fn tcp() -> redis::io::tcp::TcpSettings {
    // A command is short, and must not wait for the answer to the one before it to fill a packet.
    let settings = redis::io::tcp::TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(UNACKNOWLEDGED);
    settings
}
