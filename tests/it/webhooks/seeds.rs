//! The systems of the examples, whole, over real sockets, and beside them the providers' own samples written anew.

mod docusign;
mod flow_ami;
mod gnatta;
mod sap_gateway;

use actix_web::HttpResponse;
use aws_lc_rs::hmac;
use countersign::UnixTime;
use countersign_actix::SignatureConfig;
use countersign_examples::tour::Rows;

use crate::{support::Server, wire::Raw};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// Answers with the cause in place of the text, which no server should, and goes by a clock that stands.
fn telling<C: 'static>(config: SignatureConfig<C>) -> SignatureConfig<C> {
    let config = config.clock(|| NOW);
    config.dangerous_answer_with_cause(|refusal| HttpResponse::Unauthorized().body(refusal.code()))
}

/// The status and the text of the answer.
async fn call(server: &Server, raw: &Raw) -> (u16, String) {
    let answer = raw.send(server.port).await;
    (answer.status, answer.body)
}

fn refused(cause: &str) -> (u16, String) {
    (401, cause.to_owned())
}

fn mac(algorithm: hmac::Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), message).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn is_as_expected(rows: &Rows, calls: usize) {
    assert_eq!(rows.as_slice().len(), calls);
    for row in rows.as_slice() {
        assert_eq!(row.answered, row.expected, "{}", row.done);
    }
}
