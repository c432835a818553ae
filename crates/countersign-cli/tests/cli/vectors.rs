//! The vectors whose keys the core's library does not take: RSA of 1024 bits, and secp256k1 with SHA-512.

use serde::Deserialize;

use crate::command::{Ended, countersign, key};

/// What the vectors without a body and with this digest had for one.
const USUAL_BODY: &str = r#"{"hello": "world"}"#;
const USUAL_DIGEST: &str = "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    kind: String,
    key: String,
    algorithm: String,
    wire_algorithm: Option<String>,
    key_id: Option<String>,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    covered_headers: Vec<String>,
    covered_headers_explicit: bool,
    created: Option<u64>,
    expires: Option<u64>,
    now: Option<u64>,
    profile: String,
    expected_signing_string: String,
    expected_signature_base64: String,
    valid: bool,
}

fn vectors() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../vectors/weak-keys.json")).unwrap();
    file.vectors
}

impl Vector {
    /// The dialect in which the vector is signed; one library's own mistake is nobody's.
    fn dialect(&self) -> Option<&'static str> {
        match self.profile.as_str() {
            "d03+" => Some("standard"),
            "d00" => Some("draft-00"),
            "d01" => Some("draft-01"),
            "perl" => None,
            other => panic!("{}: unknown profile {other}", self.id),
        }
    }

    fn key_id(&self) -> &str {
        self.key_id.as_deref().unwrap_or("Test")
    }

    fn list(&self) -> String {
        self.covered_headers.join(" ")
    }

    /// The message, with these further lines in its head.
    fn message(&self, further: &str) -> String {
        let fields: Vec<_> = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let fields = fields.concat();
        let body = self.body.as_deref().unwrap_or(if fields.contains(USUAL_DIGEST) { USUAL_BODY } else { "" });
        format!("{} {} HTTP/1.1\r\n{fields}{further}\r\n{body}", self.method, self.target)
    }

    fn signed(&self) -> String {
        let mut params = vec![format!("keyId=\"{}\"", self.key_id())];
        params.extend(self.wire_algorithm.iter().map(|algorithm| format!("algorithm=\"{algorithm}\"")));
        params.extend(self.created.map(|time| format!("created={time}")));
        params.extend(self.expires.map(|time| format!("expires={time}")));
        params.extend(self.covered_headers_explicit.then(|| format!("headers=\"{}\"", self.list())));
        params.push(format!("signature=\"{}\"", self.expected_signature_base64));
        self.message(&format!("Authorization: Signature {}\r\n", params.join(",")))
    }

    fn verify(&self, dialect: &str) -> Ended {
        let (key, now) = (key(&format!("{}.public", self.key)), self.now.unwrap_or(4_000_000_000).to_string());
        let args =
            ["verify", "--public-key", &key, "--algorithm", &self.algorithm, "--now", &now, "--dialect", dialect];
        countersign(&args, &self.signed())
    }

    /// The signature that the command makes.
    fn sign(&self, dialect: &str) -> String {
        let (key, list) = (key(&format!("{}.private", self.key)), self.list());
        // The dialect writes its own name for the target.
        let list = list.replace("(request-line)", "(request-target)").replace("request-line", "(request-target)");
        let now = self.created.unwrap_or(1).to_string();
        let mut args = vec!["sign", "--private-key", &key, "--algorithm", &self.algorithm, "--keyId", self.key_id()];
        args.extend(["--headers", &list, "--now", &now, "--dialect", dialect]);
        let expires = self.expires.map(|expires| expires.to_string());
        if let Some(expires) = &expires {
            args.extend(["--expires", expires]);
        }
        let ended = countersign(&args, &self.message(""));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{}", self.id);
        let signature = ended.stdout.split("signature=\"").nth(1).and_then(|rest| rest.split('"').next());
        signature.unwrap_or_else(|| panic!("{}: no signature in {}", self.id, ended.stdout)).to_owned()
    }
}

#[test]
fn every_vector_with_a_weak_key_is_judged_as_it_says() {
    let mut judged = 0;
    for vector in vectors() {
        let Some(dialect) = vector.dialect() else { continue };
        let ended = vector.verify(dialect);
        let expected = if vector.valid { "accepted " } else { "refused " };
        assert!(ended.stdout.starts_with(expected), "{}: {ended:?}", vector.id);
        assert_eq!((ended.status, ended.stderr.as_str()), (i32::from(!vector.valid), ""), "{}", vector.id);
        judged += 1;
    }
    assert_eq!(judged, 31);
}

#[test]
fn every_signature_with_a_weak_key_that_is_not_random_is_made_byte_for_byte() {
    let mut made = 0;
    // SHA-1 is verified and never signed with.
    for vector in vectors().iter().filter(|vector| vector.kind == "sign" && vector.algorithm != "rsa-sha1") {
        let Some(dialect) = vector.dialect() else { continue };
        assert_eq!(vector.sign(dialect), vector.expected_signature_base64, "{}", vector.id);
        made += 1;
    }
    assert_eq!(made, 18);
}

#[test]
fn the_signing_string_of_every_vector_is_printed_byte_for_byte() {
    for vector in vectors() {
        let Some(dialect) = vector.dialect() else { continue };
        let list = vector.list();
        let mut args = vec!["canonicalize", "--dialect", dialect, "--headers", &list];
        let times = [vector.created, vector.expires].map(|time| time.map(|time| time.to_string()));
        for (flag, time) in ["--created", "--expires"].iter().zip(&times) {
            args.extend(time.iter().flat_map(|time| [*flag, time]));
        }
        let expected = Ended { status: 0, stdout: vector.expected_signing_string.clone(), stderr: String::new() };
        assert_eq!(countersign(&args, &vector.message("")), expected, "{}", vector.id);
    }
}

#[test]
fn a_secp256k1_signature_of_either_half_is_accepted() {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector.id == "w3c-ecdsa-signed-repaired").unwrap();
    // Its second number is in the upper half, which its crate refuses by itself.
    assert!(vector.expected_signature_base64.contains("AiEA+"));
    assert_eq!(vector.verify("standard").status, 0);
    let own = countersign(
        &["sign", "--private-key", &key("secp256k1.private"), "--algorithm", "hs2019", "--headers", "host digest"],
        &vector.message(""),
    );
    let verified =
        countersign(&["verify", "--public-key", &key("secp256k1.public"), "--algorithm", "ecdsa-sha512"], &own.stdout);
    assert_eq!(verified.stdout, "accepted key=secp256k1.private covered=\"host digest\"\n");
}
