//! The calls: two that are accepted, and one for every reason to refuse.

use std::time::{Duration, SystemTime};

use countersign::{Cavage, Secret, Signer, SigningKey, UnixTime, When};
use countersign_examples::{CLIENTS, KEY_STORE_DOWN};
use countersign_reqwest::{Signing, SigningClientBuilder, SigningMiddleware, sign, sign_at};
use reqwest::{Client, Request, Response, Url, redirect};
use reqwest_middleware::ClientBuilder;

use crate::{events::LastCause, server::BODY_LIMIT};

type Error = Box<dyn std::error::Error>;

/// One call: what was sent, what is expected, what came back, and what the server logged of it.
pub(crate) struct Row {
    pub(crate) sent: String,
    pub(crate) expected: String,
    pub(crate) answered: String,
    pub(crate) logged: String,
}

impl Row {
    pub(crate) fn holds(&self) -> bool {
        self.expected == format!("{} {}", self.answered, self.logged).trim_end()
    }
}

/// Makes every call in turn.
pub(crate) async fn all(port: u16, events: &LastCause) -> Result<Vec<Row>, Error> {
    let url: Url = format!("http://127.0.0.1:{port}/greeting?times=1").parse()?;
    // reqwest would follow a redirect with the signature of the request before it.
    let http = Client::builder().redirect(redirect::Policy::none()).build()?;
    let mut rows = Vec::new();

    for (id, secret, name) in CLIENTS {
        let client = ClientBuilder::new(http.clone()).with(SigningMiddleware::new(signer(id, secret)?)).build();
        let got = client.get(url.clone()).send().await?;
        rows.push(row(format!("GET signed by {name}"), &format!("200 Hello, {name}!"), got, events).await?);
        let posted = client.post(url.clone()).body("Good morning").send().await?;
        rows.push(
            row(format!("POST signed by {name}"), &format!("200 Hello, {name}! 12 bytes."), posted, events).await?,
        );
    }

    let [(id, secret, _), ..] = CLIENTS;
    let alice = signer(id, secret)?;
    let signed = |signer: &Signer| -> Result<Request, Error> {
        let mut request = http.post(url.clone()).body("Good morning").build()?;
        sign(&mut request, signer)?;
        Ok(request)
    };
    let signed_at = |now: SystemTime| -> Result<Request, Error> {
        let mut request = http.get(url.clone()).build()?;
        sign_at(&mut request, &alice, UnixTime::from(now))?;
        Ok(request)
    };

    let mut query_changed = signed(&alice)?;
    query_changed.url_mut().set_query(Some("times=1000"));
    let mut body_changed = signed(&alice)?;
    *body_changed.body_mut() = Some("Good evening".into());
    let mut header_removed = signed(&alice)?;
    header_removed.headers_mut().remove("date");
    let now = SystemTime::now();
    let stale = now.checked_sub(Duration::from_secs(600)).ok_or("no time before now")?;
    let future = now.checked_add(Duration::from_secs(600)).ok_or("no time after now")?;
    let mut too_large = http.post(url.clone()).body(vec![b'x'; BODY_LIMIT.saturating_add(1)]).build()?;
    sign(&mut too_large, &alice)?;

    for (sent, expected, request) in [
        ("without a signature", "401 no-signature", http.get(url.clone()).build()?),
        ("with a wrong secret", "401 signature-mismatch", signed(&signer(id, "not the secret of Alice")?)?),
        ("with an unknown key", "401 unknown-key", signed(&signer("carols-key", secret)?)?),
        ("query changed after signing", "401 signature-mismatch", query_changed),
        ("body changed after signing", "401 digest-mismatch", body_changed),
        ("a signed header removed", "401 missing-component", header_removed),
        ("signed ten minutes ago", "401 too-old", signed_at(stale)?),
        ("signed ten minutes ahead", "401 in-future", signed_at(future)?),
        ("while the key store is down", "503 key-loader", signed(&signer(KEY_STORE_DOWN, secret)?)?),
        ("a body over the limit", "413 body-too-large", too_large),
    ] {
        rows.push(row(sent.to_owned(), expected, http.execute(request).await?, events).await?);
    }
    once(&http, url.join("/once")?, events, &mut rows).await?;
    Ok(rows)
}

/// Calls the route that accepts each request once.
async fn once(http: &Client, url: Url, events: &LastCause, rows: &mut Vec<Row>) -> Result<(), Error> {
    let [(id, secret, name), ..] = CLIENTS;
    let accepted = format!("200 Hello, {name}! 8 bytes.");
    let signing = Signing::new(signer(id, secret)?).fresh_request_ids(&"x-request-id".parse()?);
    let client = SigningClientBuilder::new(signing).build()?;
    for sent in ["to /once with a fresh id", "to /once with another one"] {
        let response = client.post(url.clone()).body("One lamp").send().await?;
        rows.push(row(sent.to_owned(), &accepted, response, events).await?);
    }

    let with_id = signer(id, secret)?.cover("x-request-id".parse()?, When::Always);
    let mut request = http.post(url).header("X-Request-Id", "7").body("One lamp").build()?;
    sign(&mut request, &with_id)?;
    let again = request.try_clone().ok_or("a body that cannot be sent again")?;
    for (sent, expected, request) in [
        ("to /once with an id of our own", accepted.as_str(), request),
        ("the same bytes again", "401 replayed", again),
    ] {
        rows.push(row(sent.to_owned(), expected, http.execute(request).await?, events).await?);
    }
    Ok(())
}

fn signer(id: &str, secret: &str) -> Result<Signer, Error> {
    Ok(Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?))
}

async fn row(sent: String, expected: &str, response: Response, events: &LastCause) -> Result<Row, Error> {
    let status = response.status();
    let answered = if status.is_success() {
        format!("{} {}", status.as_u16(), response.text().await?)
    } else {
        status.as_u16().to_string()
    };
    Ok(Row { sent, expected: expected.to_owned(), answered, logged: events.take() })
}
