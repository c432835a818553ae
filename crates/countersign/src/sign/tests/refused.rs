//! A signer refuses what no verifier of ours takes, before anything is made.

use super::*;

type Fields = Vec<(&'static str, &'static str)>;

/// With a key that lives elsewhere, and with one that is here.
fn refused(signer: &Signer, request: &Request<'_>) -> Option<SignError> {
    let prepared = signer.prepare(request, NOW).err();
    assert_eq!(signer.sign(request, NOW).err(), prepared);
    prepared
}

fn own_signer() -> Signer {
    let secret = Secret::new("correct horse battery staple").unwrap();
    Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap())
}

/// What the default verifier makes of a request that has these fields, signed without them.
fn verified(fields: &Fields, authority: Option<&'static str>) -> Option<VerifyError> {
    let clean = [("host", "api.example")];
    let parts = own_signer().sign(&Request::new("GET", "/", &clean).with_body(b""), NOW).unwrap();
    let sent = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    let added = parts.fields.into_iter().map(|field| (field.name.to_string(), field.value));
    let sent: Vec<_> = sent.chain(added).collect();
    let mut request = Request::new("GET", "/", &sent);
    request.authority = authority;
    Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).err()
}

#[test]
fn an_authority_that_is_not_one_host_is_refused_on_both_sides_covered_or_not() {
    let one = |host: &'static str| vec![("host", host)];
    let unusable = (SignError::UnusableAuthority, VerifyError::UnusableAuthority);
    let mismatch = (SignError::AuthorityMismatch, VerifyError::AuthorityMismatch);
    let several = (SignError::Ambiguous(WellKnown::Host.into()), VerifyError::Ambiguous("Host field"));
    for (fields, authority, (unsigned, unverified)) in [
        (one("a, b"), None, unusable.clone()),
        (one("a,b"), None, unusable.clone()),
        (one("u@a"), None, unusable.clone()),
        (one(""), None, unusable.clone()),
        (one("a/b"), None, unusable.clone()),
        (one("a:x"), None, unusable.clone()),
        (one("api.example"), Some("u@a"), unusable.clone()),
        (one("api.example"), Some(""), unusable.clone()),
        (vec![], Some("u@a"), unusable.clone()),
        (vec![], Some("a, b"), unusable),
        (one("api.example"), Some("evil.example"), mismatch.clone()),
        (one("api.example"), Some("api.example:443"), mismatch),
        (vec![("host", "a"), ("host", "a")], None, several),
    ] {
        let mut request = Request::new("GET", "/", &fields).with_body(b"");
        request.authority = authority;
        let uncovered = own_signer().covering(Coverage::empty().and(Component::RequestTarget, When::Always));
        for signer in [own_signer(), uncovered] {
            assert_eq!(refused(&signer, &request), Some(unsigned.clone()), "{fields:?} {authority:?}");
        }
        assert_eq!(verified(&fields, authority), Some(unverified), "{fields:?} {authority:?}");
    }
}

#[test]
fn one_host_is_signed_where_it_stands_and_none_is_still_missing() {
    for (fields, authority) in [
        (vec![("host", "api.example:8080")], None),
        (vec![("host", "[::1]:80")], None),
        (vec![], Some("api.example")),
        (vec![("host", "api.example")], Some("API.example")),
    ] {
        let mut request = Request::new("GET", "/", &fields).with_body(b"");
        request.authority = authority;
        assert_eq!(refused(&own_signer(), &request), None, "{fields:?} {authority:?}");
    }
    let without: Fields = Vec::new();
    let request = Request::new("GET", "/", &without).with_body(b"");
    let missing = SignError::Missing(Component::field(WellKnown::Host));
    assert_eq!(refused(&own_signer(), &request), Some(missing));
    assert_eq!(
        refused(&own_signer().covering(Coverage::empty().and(Component::RequestTarget, When::Always)), &request),
        None
    );
}

#[test]
fn a_field_that_connection_names_is_refused_where_it_is_to_be_covered() {
    let tenant = || own_signer().cover("x-tenant".parse().unwrap(), When::Present);
    let refuses = |name: &str| Some(SignError::HopByHop(name.parse().unwrap()));
    for (connection, signer, expected) in [
        (&["digest"][..], own_signer(), refuses("digest")),
        (&["keep-alive, X-Tenant"], tenant(), refuses("x-tenant")),
        (&["close", "keep-alive,\tDATE "], own_signer(), refuses("date")),
        (&["x-other,x-tenant", "host"], tenant(), refuses("x-tenant")),
        (&["host"], own_signer(), refuses("host")),
        (&["keep-alive, X-Tenant"], own_signer(), None),
        (&["digest"], own_signer().dangerous_not_covering_the_body(), None),
        (&["content-type"], own_signer(), None),
        (&["close", "", ",", "TE, Upgrade, connection"], tenant(), None),
        (&["x-tenants, tenant, (request-target)"], tenant(), None),
    ] {
        let mut fields: Fields = connection.iter().map(|value| ("connection", *value)).collect();
        fields.extend([("host", "api.example"), ("x-tenant", "blue")]);
        let request = Request::new("POST", "/", &fields).with_body(b"{}");
        assert_eq!(refused(&signer, &request), expected, "{connection:?}");
    }
}

#[test]
fn a_field_that_is_not_due_in_this_request_may_be_named_by_connection() {
    let fields = vec![("host", "api.example"), ("connection", "digest, x-tenant")];
    let get = Request::new("GET", "/", &fields).with_body(b"");
    let signer = own_signer().cover("x-tenant".parse().unwrap(), When::Method(vec!["POST".to_owned()]));
    assert_eq!(refused(&signer, &get), None);
    let post = Request::new("POST", "/", &fields).with_body(b"");
    assert_eq!(refused(&signer, &post), Some(SignError::HopByHop("x-tenant".parse().unwrap())));
}

#[test]
fn what_is_refused_for_its_head_is_refused_before_its_keys_and_its_body_are_looked_at() {
    let nobody = Signer::for_remote_keys(Cavage::new(), Vec::new());
    for (field, expected) in [
        (("host", "u@a"), SignError::UnusableAuthority),
        (("connection", "digest"), SignError::HopByHop(WellKnown::Digest.into())),
    ] {
        let fields = [field];
        assert_eq!(refused(&nobody, &Request::new("POST", "/", &fields)), Some(expected));
    }
}

#[test]
fn webhooks_are_held_to_what_their_verifiers_look_at_and_to_no_more() {
    let webhook = Webhook::preset("standard-webhooks").unwrap();
    let key = webhook.signing_key("k", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signer = Signer::new(webhook, key).covering(Coverage::empty());
    let refused = |field: (&'static str, &'static str)| {
        let fields = [field, ("webhook-id", "msg_1")];
        refused(&signer, &Request::new("POST", "/", &fields).with_body(b"{}"))
    };
    assert_eq!(refused(("host", "a, b")), Some(SignError::UnusableAuthority));
    let hop = SignError::HopByHop("webhook-id".parse().unwrap());
    assert_eq!(refused(("connection", "Webhook-Id")), Some(hop));
    assert_eq!(refused(("connection", "digest, webhook-signature, date, host")), None);
    assert_eq!(refused(("host", "api.example")), None);
}
