//! Servers of the examples, each on a socket of its own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    web::ServiceConfig,
};

/// Serves `routes` at `address`. The server runs once it is awaited.
///
/// # Errors
/// When the address is not to be had.
pub fn serve(
    address: SocketAddr,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || App::new().configure(routes.clone())).workers(1).bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}

/// A server on a free loopback port, which runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Running {
    /// Serves `routes` beside whatever else the runtime does.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> io::Result<Self> {
        let (server, address) = serve((Ipv4Addr::LOCALHOST, 0).into(), routes)?;
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Self { address, handle })
    }

    /// The URL of a target on it.
    #[must_use]
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropping the future that this gives does not take the order back.
        drop(self.handle.stop(false));
    }
}
