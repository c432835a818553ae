//! What the examples of webhooks do: calls, one after the other, each with the answer that is expected.

use std::{error::Error, io, net::SocketAddr, process::ExitCode};

use actix_web::web::ServiceConfig;
use countersign::webhook::Webhook;
use reqwest::{Client, Request, Response, redirect};

use crate::serving::serve;

/// Why a tour could not go on.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One call: what was done, what is expected, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was done.
    pub done: &'static str,
    /// The answer that is expected.
    pub expected: &'static str,
    /// The answer that came.
    pub answered: String,
}

/// The rows of a tour, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// Adds one.
    pub fn add(&mut self, done: &'static str, expected: &'static str, answered: impl Into<String>) {
        self.0.push(Row { done, expected, answered: answered.into() });
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Row] {
        &self.0
    }

    /// Shows them, and whether all are as expected.
    #[must_use]
    pub fn show(&self) -> ExitCode {
        println!("   {:<52} {:<44} answered", "done", "expected");
        for row in &self.0 {
            let mark = if row.expected == row.answered { "ok" } else { "NO" };
            println!("{mark} {:<52} {:<44} {}", row.done, row.expected, row.answered);
        }
        if self.0.iter().all(|row| row.expected == row.answered) {
            println!("\nAll answers were as expected.");
            return ExitCode::SUCCESS;
        }
        println!("\nNot all answers were as expected.");
        ExitCode::FAILURE
    }
}

/// Says what a layout leaves open whatever its receiver does.
pub fn show_weaknesses(webhook: &Webhook) {
    println!("What {} leaves open:", webhook.name());
    for weakness in webhook.weaknesses() {
        println!("  * {weakness}");
    }
    println!();
}

/// A client that follows no redirect: reqwest would follow it with the signature of the request before it.
///
/// # Errors
/// When there is no client to be had.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().redirect(redirect::Policy::none()).no_proxy().build()
}

/// The status and, of a success, the text that a request is answered with.
///
/// # Errors
/// When it cannot be sent.
pub async fn send(http: &Client, request: Request) -> reqwest::Result<String> {
    shown(http.execute(request).await?).await
}

/// The status and, of a success, the text of an answer.
///
/// # Errors
/// When it does not come to its end.
pub async fn shown(response: Response) -> reqwest::Result<String> {
    let status = response.status();
    let text = if status.is_success() { response.text().await? } else { String::new() };
    Ok(format!("{} {text}", status.as_u16()).trim_end().to_owned())
}

/// The address after `--serve`; `None` where the program is called without arguments.
///
/// # Errors
/// When it is called in another way.
pub fn address_to_serve() -> Result<Option<SocketAddr>, Failure> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        ["--serve", address] => Ok(Some(address.parse()?)),
        _ => Err("call it without arguments, or with --serve ADDRESS:PORT".into()),
    }
}

/// Serves until somebody ends it, and logs why it refuses what it refuses.
///
/// # Errors
/// When the address is not to be had.
pub async fn serve_for_long(
    address: SocketAddr,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<ExitCode> {
    tracing_subscriber::fmt().init();
    let (server, bound) = serve(address, routes)?;
    println!("\nServing http://{bound}");
    server.await?;
    Ok(ExitCode::SUCCESS)
}
