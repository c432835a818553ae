//! A client that signs against one that does not: the time of a request over loopback, in short slices in turn.

use std::{error::Error, time::Instant};

use countersign::{Cavage, Secret, Signer, SigningKey};
use countersign_examples::CLIENTS;
use countersign_reqwest::{Redirects, Signing, SigningMiddleware, sign};
use http::{Extensions, HeaderMap};
use reqwest::{Client, Request, Response, redirect::Policy};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use tokio::runtime::{Builder, Runtime};

use crate::{median, route};

/// The figures of one run.
#[derive(Debug)]
pub struct Figures {
    /// Over one connection, which is kept.
    pub kept: Ratios,
    /// Each over a connection of its own.
    pub new: Ratios,
}

/// What a request takes with a client that signs, over what it takes with one that does not.
#[derive(Debug)]
pub struct Ratios {
    /// An unsigned request, in nanoseconds.
    pub plain: f64,
    /// With the middleware alone.
    pub signed: f64,
    /// With all of [`client`](countersign_reqwest::client()), which follows redirects.
    pub client: f64,
    /// With the fields of a signature that was made before: what it takes to send and to read them.
    pub fields: f64,
    /// The unsigned one over itself: has to read 1.00.
    pub control: f64,
}

/// Measures GETs of the open route, one after the other, the server on one core and the client on another.
///
/// # Errors
/// When the server does not start or does not answer with 200.
pub fn measure() -> Result<Figures, Box<dyn Error>> {
    let url = format!("http://{}/plain", route::start()?);
    let load = Load { runtime: Builder::new_current_thread().enable_all().build()?, url };
    let kept = load.compare(&bare().build()?, 240, 25)?;
    let new = load.compare(&bare().pool_max_idle_per_host(0).build()?, 60, 8)?;
    Ok(Figures { kept, new })
}

fn bare() -> reqwest::ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy()
}

fn signer() -> Result<Signer, Box<dyn Error>> {
    let [(id, secret, _), ..] = CLIENTS;
    Ok(Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?))
}

/// Adds the same fields to every request.
struct Fields(HeaderMap);

#[async_trait::async_trait]
impl Middleware for Fields {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        for (name, value) in &self.0 {
            request.headers_mut().insert(name, value.clone());
        }
        next.run(request, extensions).await
    }
}

struct Load {
    runtime: Runtime,
    url: String,
}

impl Load {
    /// All kinds on one client of reqwest's, so that they share what is theirs to share.
    fn compare(&self, http: &Client, pairs: usize, requests: u32) -> Result<Ratios, Box<dyn Error>> {
        let with = |middleware| ClientBuilder::new(http.clone()).with(middleware).build();
        let mut signed_before = http.get(&self.url).build()?;
        sign(&mut signed_before, &signer()?)?;
        let fields = ClientBuilder::new(http.clone()).with(Fields(signed_before.headers().clone())).build();
        let signed = with(SigningMiddleware::new(signer()?));
        let client = with(SigningMiddleware::new(Signing::new(signer()?).following(Redirects::default())));
        let plain = ClientBuilder::new(http.clone()).build();

        let slice = |client| self.slice(client, requests);
        for client in [&plain, &signed, &client, &fields].iter().cycle().take(pairs / 4) {
            slice(client)?;
        }
        let [mut plains, mut signs, mut clients, mut read, mut controls] = [const { vec![] }; 5];
        for _ in 0..pairs {
            let first = slice(&plain)?;
            signs.push(slice(&signed)? / first);
            let second = slice(&plain)?;
            clients.push(slice(&client)? / second);
            let third = slice(&plain)?;
            read.push(slice(&fields)? / third);
            controls.push(slice(&plain)? / third);
            plains.push(first);
        }
        Ok(Ratios {
            plain: median(plains),
            signed: median(signs),
            client: median(clients),
            fields: median(read),
            control: median(controls),
        })
    }

    /// Nanoseconds a request, from the first until the last answer was read.
    #[allow(clippy::cast_precision_loss, reason = "times are far below 2^52")]
    fn slice(&self, client: &ClientWithMiddleware, requests: u32) -> Result<f64, Box<dyn Error>> {
        self.runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..requests {
                let answer = client.get(&self.url).send().await?.error_for_status()?;
                answer.bytes().await?;
            }
            Ok(start.elapsed().as_nanos() as f64 / f64::from(requests))
        })
    }
}
