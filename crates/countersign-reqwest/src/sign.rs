//! One call for those who use no middleware.

use countersign::{Signer, UnixTime};
use countersign_http::{Error, KeyService};
use reqwest::Request;

use crate::message::Wire;

/// Signs a request, last of all before it is sent, with the time of the system's clock.
///
/// Sets `Signature`, and `Date` and `Digest` where they are covered and missing; where the scheme puts its signature into the query
/// or into the body, that is set instead. A request that is sent again needs a new date: sign a fresh copy of the unsigned request.
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature. It is unchanged then.
///
/// See the [crate's documentation](crate) for an example.
pub fn sign(request: &mut Request, signer: &Signer) -> Result<(), Error> {
    countersign_http::sign(&mut Wire(request), signer)
}

/// Signs a request as [`sign`] does, at a time that you give.
///
/// # Errors
/// Those of [`sign`]. The request is unchanged then.
pub fn sign_at(request: &mut Request, signer: &Signer, now: UnixTime) -> Result<(), Error> {
    countersign_http::sign_at(&mut Wire(request), signer, now)
}

/// Signs a request with keys that live elsewhere, last of all before it is sent, with the time of the system's clock.
///
/// `signer` is [`Signer::for_remote_keys`]; the service is asked once for each of its keys.
///
/// ```
/// use countersign::{Algorithm, Cavage, KeyMetadata, Signature, Signer};
///
/// async fn kms(key: KeyMetadata, message: Vec<u8>) -> Result<Signature, std::io::Error> {
///     Ok(Signature::new(&[0; 64])) // over there
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let key = KeyMetadata::new("alice".parse()?, Algorithm::Ed25519);
/// let signer = Signer::for_remote_keys(Cavage::new(), vec![key]);
///
/// let mut request = reqwest::Client::new().get("http://api.example/orders").build()?;
/// countersign_reqwest::sign_remotely(&mut request, &signer, &kms).await?;
/// assert!(request.headers().contains_key("signature"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature, or when the service does not sign. The request is unchanged then.
pub async fn sign_remotely(request: &mut Request, signer: &Signer, service: &impl KeyService) -> Result<(), Error> {
    countersign_http::sign_remotely(&mut Wire(request), signer, service).await
}
