//! One connection, to a server or to a cluster, and how it is made.

use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value, aio::MultiplexedConnection};
#[cfg(feature = "cluster")]
use redis::{
    ErrorKind, FromRedisValue, ServerErrorKind,
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo, SingleNodeRoutingInfo},
};

use crate::error::StoreError;

/// How many commands wait for their turn to be written.
const QUEUE: usize = 1000;

/// How often one command follows a key to another server.
#[cfg(feature = "cluster")]
const MOVES: usize = 2;

/// What connections are made to.
#[derive(Clone)]
pub(crate) enum Dial {
    One(Box<Client>),
    #[cfg(feature = "cluster")]
    Cluster(Box<ClusterClient>),
}

/// A connection that is shared: clones of it write to the same socket, one behind the other.
#[derive(Clone)]
pub(crate) enum Link {
    One(MultiplexedConnection),
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Dial {
    /// Whoever calls this sets the time limit.
    pub(crate) async fn connect(&self) -> Result<Link, StoreError> {
        let link = match self {
            Self::One(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(None)
                    .set_response_timeout(None)
                    .set_pipeline_buffer_size(QUEUE);
                client.get_multiplexed_async_connection_with_config(&config).await.map(Link::One)
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(client) => client.get_async_connection().await.map(Link::Cluster),
        };
        link.map_err(|error| StoreError::unreachable(&error))
    }
}

impl Link {
    /// Whether one connection stands for several servers, of which some may work while others do not.
    pub(crate) const fn is_cluster(&self) -> bool {
        !matches!(self, Self::One(_))
    }

    /// Asks once. A command that may have been carried out is not sent again.
    pub(crate) async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        match self {
            Self::One(connection) => command.query_async(connection).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => ask_cluster(connection, command).await,
        }
    }

    /// Asks every server that takes writes.
    pub(crate) async fn ask_all(&mut self, command: &Cmd) -> Result<Vec<Value>, RedisError> {
        match self {
            Self::One(connection) => Ok(vec![connection.send_packed_command(command).await?]),
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => {
                let all = (MultipleNodeRoutingInfo::AllMasters, Some(ResponsePolicy::Special));
                let answers = connection.route_command(command.clone(), RoutingInfo::MultiNode(all)).await?;
                let answers =
                    answers.into_map_iter().map_err(|_| (ErrorKind::UnexpectedReturnType, "no map of servers"))?;
                Ok(answers.map(|(_, answer)| answer).collect())
            }
        }
    }
}

/// Follows a key that moved. The library's own way to try again is off, since it also repeats what may have been carried out.
#[cfg(feature = "cluster")]
async fn ask_cluster(connection: &mut ClusterConnection, command: &Cmd) -> Result<Value, RedisError> {
    let mut answer = command.query_async(connection).await;
    for _ in 0..MOVES {
        answer = match answer {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => {
                command.query_async(connection).await
            }
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Ask) => {
                ask_there(connection, command, error).await
            }
            other => return other,
        };
    }
    answer
}

/// A key whose slot is on its way to another server: that one takes it from who says `ASKING` first.
#[cfg(feature = "cluster")]
async fn ask_there(connection: &mut ClusterConnection, command: &Cmd, error: RedisError) -> Result<Value, RedisError> {
    let there = error.redirect_node().and_then(|(address, _)| address.rsplit_once(':'));
    let Some((host, Ok(port))) = there.map(|(host, port)| (host.to_owned(), port.parse())) else {
        return Err(error);
    };
    let mut both = redis::pipe();
    both.cmd("ASKING").add_command(command.clone());
    let answers = connection.route_pipeline(both, 0, 2, SingleNodeRoutingInfo::ByAddress { host, port }).await?;
    let answer = answers.into_iter().nth(1).unwrap_or(Value::Nil);
    Value::from_redis_value(answer.extract_error()?).map_err(RedisError::from)
}
