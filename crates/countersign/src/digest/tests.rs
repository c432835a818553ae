use super::*;

const BODY: &[u8] = b"{\"hello\": \"world\"}";
const SHA256: &str = "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";

fn judge(values: &[&str], body: &[u8]) -> Result<(), VerifyError> {
    let mut expected = ExpectedDigests::none();
    for value in values {
        expected.read(value.as_bytes(), false)?;
    }
    assert!(expected.is_some());
    let mut check = expected.check();
    for byte in body {
        check.update(&[*byte]);
    }
    check.finish()
}

#[test]
fn a_digest_of_either_algorithm_matches_its_body_only() {
    for algorithm in DigestAlgorithm::ALL {
        let value = digest_field(*algorithm, BODY);
        assert_eq!(judge(&[&value], BODY), Ok(()));
        assert_eq!(judge(&[&value], b"{}"), Err(VerifyError::DigestMismatch));
    }
}

#[test]
fn the_name_of_the_algorithm_is_read_in_any_case() {
    assert_eq!(judge(&[&SHA256.replacen("SHA", "sha", 1)], BODY), Ok(()));
}

#[test]
fn every_known_digest_has_to_match() {
    let wrong512 = digest_field(DigestAlgorithm::Sha512, b"other");
    let wrong256 = digest_field(DigestAlgorithm::Sha256, b"other");
    let right512 = digest_field(DigestAlgorithm::Sha512, BODY);
    assert_eq!(judge(&[SHA256, &right512], BODY), Ok(()));
    assert_eq!(judge(&[&format!("{SHA256},{wrong512}")], BODY), Err(VerifyError::DigestMismatch));
    assert_eq!(judge(&[&wrong256, &right512], BODY), Err(VerifyError::DigestMismatch));
    assert_eq!(judge(&[&format!("MD5=abc=, {SHA256}")], BODY), Ok(()));
}

#[test]
fn an_unknown_algorithm_alone_does_not_count() {
    let mut expected = ExpectedDigests::none();
    assert_eq!(expected.read(b"MD5=Sd/dVLAcvNLSq16eXua5uQ==,crc=1", false), Ok(()));
    assert!(!expected.is_some());
}

#[test]
fn a_known_digest_that_is_malformed_or_listed_twice_is_an_error() {
    let hash = SHA256.strip_prefix("SHA-256=").unwrap();
    for bad in [
        format!("{SHA256},{SHA256}"),
        format!("SHA-256={}", hash.trim_end_matches('=')),
        format!("SHA-256={hash}="),
        format!("SHA-512={hash}"),
        "SHA-256=".to_owned(),
        "SHA-256".to_owned(),
        "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=".to_owned(),
    ] {
        let result = ExpectedDigests::none().read(bad.as_bytes(), false);
        assert!(matches!(result, Err(VerifyError::UnusableDigest(_))), "{bad}");
    }
}
