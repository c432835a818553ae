//! Keys that live elsewhere: in a KMS, in an HSM, behind another service.

use std::{error::Error as StdError, future::Future, time::SystemTime};

use countersign::{KeyMetadata, Signature, Signer, UnixTime};

use crate::{apply::apply, error::Error, outgoing::Outgoing, sign::prepare};

/// Whatever signs with keys that do not leave it.
///
/// A closure will do: it is given the key and the bytes to sign, and answers with the raw signature, ECDSA's in DER. It should have
/// a time limit of its own, since the request waits for it.
///
/// ```
/// use countersign::{KeyMetadata, Signature};
/// use countersign_http::KeyService;
///
/// async fn kms(key: KeyMetadata, message: Vec<u8>) -> Result<Signature, std::io::Error> {
///     Ok(Signature::new(&[0; 64])) // over there
/// }
///
/// fn takes_a_service(_: impl KeyService) {}
/// takes_a_service(kms);
/// ```
pub trait KeyService: Send + Sync + 'static {
    /// Why the service did not sign.
    type Error: Into<Box<dyn StdError + Send + Sync>>;

    /// Signs a message with a key.
    fn sign(&self, key: KeyMetadata, message: Vec<u8>) -> impl Future<Output = Result<Signature, Self::Error>> + Send;
}

impl<F, Fut, E> KeyService for F
where
    F: Fn(KeyMetadata, Vec<u8>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Signature, E>> + Send,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    type Error = E;

    fn sign(&self, key: KeyMetadata, message: Vec<u8>) -> impl Future<Output = Result<Signature, E>> + Send {
        self(key, message)
    }
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
/// let mut request = http::Request::get("http://api.example/orders").body(Vec::new())?;
/// countersign_http::sign_remotely(&mut request, &signer, &kms).await?;
/// assert!(request.headers().contains_key("signature"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature, or when the service does not sign. The request is unchanged then.
pub async fn sign_remotely(
    request: &mut (impl Outgoing + Send),
    signer: &Signer,
    service: &impl KeyService,
) -> Result<(), Error> {
    sign_remotely_at(request, signer, service, SystemTime::now().into()).await
}

/// Signs a request as [`sign_remotely`] does, at a time that you give.
///
/// # Errors
/// Those of [`sign_remotely`]. The request is unchanged then.
pub async fn sign_remotely_at(
    request: &mut (impl Outgoing + Send),
    signer: &Signer,
    service: &impl KeyService,
    now: UnixTime,
) -> Result<(), Error> {
    let unsigned = prepare(request, signer, now)?;
    let message = unsigned.signature_base().into_owned();
    let mut signatures = Vec::with_capacity(signer.keys().len());
    for key in signer.keys() {
        let signed = service.sign(key.clone(), message.clone()).await;
        signatures.push(signed.map_err(|error| Error::KeyService(error.into()))?);
    }
    apply(request, unsigned.attach(&signatures)?)
}
