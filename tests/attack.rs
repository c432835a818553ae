//! `attack`: the attack catalogue against a server that runs already.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

use std::{
    collections::BTreeMap,
    error::Error,
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use countersign::{Algorithm, Dialect, Secret};
use countersign_tests::catalogue::{
    case::{Protocol, Row},
    lab::Lab,
    rows, run,
    subject::{HMAC, Key, Route, Subject},
};

/// Sends known attacks on signed requests to a server of yours and says which of them it survives.
///
/// Give it the address of the server, a key that the server knows, and a request that the server answers with success when it is
/// signed with that key. Each attack is sent behind its control, the same request unaltered, so a server that refuses everything
/// survives nothing. Anything from 200 to 399 counts as let through; 401 or 403 as refused, and 400 where the row takes it; where
/// an attack goes to another method or path, 404 and 405 count as refused too.
///
/// Every row of the catalogue is printed as held, FAILED, or not tried with what it would need; then the counts.
///
/// The status is 0 when all rows that were tried held, 1 when one failed, 2 when the server refuses the control itself or cannot
/// be reached.
#[derive(Parser)]
#[command(name = "attack", max_term_width = 100)]
struct Args {
    /// Where the server listens, such as 127.0.0.1:8080
    address: String,
    /// What the key is called on the wire: the keyId
    #[arg(long, default_value = "alice")]
    key_id: String,
    /// The shared secret, as text
    #[arg(long, required_unless_present = "secret_file", conflicts_with = "secret_file")]
    secret: Option<String>,
    /// A file whose bytes are the shared secret; one line end behind it is left out
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// The algorithm of the key: hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224 or hmac-sha1
    #[arg(long, default_value = "hmac-sha256")]
    algorithm: String,
    /// The value of Host; the address unless given
    #[arg(long)]
    host: Option<String>,
    /// Another host that reaches the same server, for requests that are signed for one and sent to the other
    #[arg(long)]
    other_host: Option<String>,
    /// The method of the request
    #[arg(long, default_value = "POST")]
    method: String,
    /// Its path and query
    #[arg(long, default_value = "/inbox?x=1")]
    target: String,
    /// The path and query of a route that takes requests without a signature too
    #[arg(long)]
    optional_target: Option<String>,
    /// The body of the request; empty for a GET, for which rows on bodies are not tried
    #[arg(long, default_value = "{\"a\": 1}", default_value_if("method", "GET", Some("")))]
    body: String,
    /// The type of that body
    #[arg(long, default_value = "application/json")]
    content_type: String,
    /// How the server's clients sign, by a name that `countersign dialects` lists. What the dialect itself leaves open fails here,
    /// which is what there is to know of it
    #[arg(long, default_value = "standard")]
    dialect: String,
    /// The server accepts each request once: tries the rows on replay too, and gives every request an X-Request-Id of its own, which
    /// it covers. Without it a server that remembers what it accepted refuses the second request of a second
    #[arg(long)]
    once: bool,
    /// Tries the rows over HTTP/2 as well, by prior knowledge and without TLS
    #[arg(long)]
    h2: bool,
    /// Tries these rows alone, such as A01,A02
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> ExitCode {
    match attack(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("attack: {error}");
            ExitCode::from(2)
        }
    }
}

fn attack(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    // What a case finds wrong is in the report.
    std::panic::set_hook(Box::new(|_| {}));
    let subject = subject(args)?;
    let rows = chosen(&args.only)?;
    let mut failed = false;
    for protocol in if args.h2 { &[Protocol::Http1, Protocol::Http2][..] } else { &[Protocol::Http1] } {
        for route in subject.targets.keys() {
            let subject = if args.once { subject.with_new_id() } else { subject.clone() };
            let lab = Lab { subject: &subject, protocol: *protocol, route: *route };
            run::control(&lab).map_err(|why| {
                let (name, target) = (protocol.name(), lab.target());
                format!("over {name} the signed request to {target} is not let through, so nothing can be tried: {why}")
            })?;
        }
        let report = run::wire(&subject, *protocol, &rows);
        println!("{report}");
        failed |= !report.failures().is_empty();
    }
    let elsewhere = run::listed(&rows);
    if !elsewhere.is_empty() {
        println!("\nRows that no request to a server can try:\n{}", elsewhere.join("\n"));
    }
    Ok(ExitCode::from(u8::from(failed)))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Row>, String> {
    let all = rows();
    if let Some(unknown) = only.iter().find(|id| !all.iter().any(|row| row.id.eq_ignore_ascii_case(id))) {
        return Err(format!("the catalogue has no row {unknown}"));
    }
    Ok(all.into_iter().filter(|row| only.is_empty() || only.iter().any(|id| row.id.eq_ignore_ascii_case(id))).collect())
}

fn subject(args: &Args) -> Result<Subject, Box<dyn Error>> {
    let address: SocketAddr = args.address.to_socket_addrs()?.next().ok_or("the address leads nowhere")?;
    let dialect = Dialect::named(&args.dialect).ok_or("no dialect of this name")?;
    let algorithm = Algorithm::from_name(&args.algorithm).filter(|algorithm| algorithm.is_symmetric());
    let algorithm = algorithm.ok_or("the algorithm has to be one of HMAC")?;
    let material = match (&args.secret, &args.secret_file) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(file)) => {
            let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec()
        }
        (None, None) => return Err("no secret".into()),
    };
    Secret::dangerous_short(material.clone())?;
    let key = Key { id: args.key_id.clone(), algorithm, material };
    let optional = args.optional_target.clone().map(|target| (Route::Optional, target));
    let remembered = args.once.then(|| (Route::Remembered, args.target.clone()));
    Ok(Subject {
        address,
        host: args.host.clone().unwrap_or_else(|| args.address.clone()),
        other_host: args.other_host.clone(),
        method: args.method.clone(),
        body: args.body.clone().into_bytes(),
        content_type: args.content_type.clone(),
        targets: std::iter::once((Route::Extractor, args.target.clone())).chain(optional).chain(remembered).collect(),
        dialect,
        keys: BTreeMap::from([(HMAC, key)]),
        held_at: None,
        remembers: args.once,
        request_id: None,
        inside: None,
    })
}
