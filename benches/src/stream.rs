//! A large body that is hashed as it passes, against the bare hash of the same bytes.

use std::{pin::Pin, time::Instant};

use actix_web::{
    App,
    dev::Payload,
    error::PayloadError,
    rt::System,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{Cavage, Credential, Secret, Signer, SigningKey, StaticKeys, VerifyingKey};
use countersign_actix::{Refused, SignatureConfig, SignedUnchecked, testing::sign};
use futures::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};

use crate::median;

const CHUNK: usize = 64 * 1024;
/// 16 MiB.
const CHUNKS: usize = 256;
const PAIRS: usize = 12;

/// The figures of one run.
#[derive(Debug)]
pub struct Figures {
    /// The bare hash, in MiB a second.
    pub hash: f64,
    /// The speed of the stream over that of the bare hash.
    pub streamed: f64,
}

async fn drain(mut upload: SignedUnchecked<web::Payload>) -> Result<&'static str, Refused> {
    while let Some(Ok(_)) = upload.next().await {}
    upload.verified().map(|_| "ok")
}

/// Measures a service without a socket, whose body is at hand in chunks.
///
/// # Panics
/// When the fixture cannot be built, or is not accepted.
#[must_use]
#[allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark whose fixture fails has nothing to measure"
)]
pub fn measure() -> Figures {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let hash = || {
        let mut hasher = Sha256::new();
        (0..CHUNKS).for_each(|_| hasher.update(std::hint::black_box(&chunk)));
        hasher.finalize()
    };
    let digest = format!("SHA-256={}", STANDARD.encode(hash()));
    let secret = Secret::new("correct horse battery staple").unwrap();
    let keys =
        StaticKeys::new().with("alice".parse().unwrap(), Credential::new(VerifyingKey::hmac_sha256(&secret), ()));
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap());
    let (mut ratios, mut hashes) = (vec![], vec![]);
    System::new().block_on(async {
        let config = SignatureConfig::new(keys).body_limit(usize::MAX);
        let app = init_service(App::new().app_data(config).default_service(web::post().to(drain))).await;
        for _ in 0..PAIRS {
            let start = Instant::now();
            std::hint::black_box(hash());
            let bare = start.elapsed().as_secs_f64();

            let head = TestRequest::post().uri("/").insert_header(("Digest", digest.as_str()));
            let mut request = sign(head.insert_header(("Transfer-Encoding", "chunked")), &signer).unwrap();
            let chunk = chunk.clone();
            let body = stream::iter((0..CHUNKS).map(move |_| Ok::<_, PayloadError>(chunk.clone())));
            *request.payload() = Payload::from(Box::pin(body) as Pin<Box<dyn Stream<Item = _>>>);
            let start = Instant::now();
            let response = call_service(&app, request).await;
            ratios.push(bare / start.elapsed().as_secs_f64());
            assert_eq!(response.status(), 200);
            hashes.push((CHUNK * CHUNKS) as f64 / 1_048_576.0 / bare);
        }
    });
    Figures { hash: median(hashes), streamed: median(ratios) }
}
