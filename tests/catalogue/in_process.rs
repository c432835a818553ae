//! Rows that need no server, or one of their own make.

use std::cell::RefCell;

use actix_web::{
    App,
    middleware::NormalizePath,
    rt::System,
    test::{TestRequest, call_service, init_service},
    web,
};
use countersign::{
    Cavage, Component, Credential, FieldName, Fields, Policy, Request, Secret, SignError, Signer, SigningKey,
    StaticKeys, UnixTime, Verifier, VerifyError, VerifyingKey, When,
};
use countersign_actix::{Caller, SignatureConfig, SignatureGuard};

use super::message::Message;

pub const NOW: UnixTime = UnixTime::from_secs(784_111_777);

pub fn secret() -> Secret {
    Secret::new("correct horse battery staple").unwrap()
}

pub fn signer() -> Signer {
    Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret()).unwrap())
}

pub fn key() -> VerifyingKey {
    VerifyingKey::hmac_sha256(&secret())
}

/// Judges a message by alice's key under the default policy.
fn verify(message: &Message, authority: Option<&str>) -> Result<(), VerifyError> {
    let request = Request::new(&message.method, &message.target, &message.fields);
    let request = authority.map_or(request, |authority| request.with_authority(authority));
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW)?;
    unverified.verify(&[key()], &message.body).map(drop)
}

fn get(target: &str) -> Message {
    Message::new("GET", target).field("Host", "api.example")
}

/// Fields that write down what they are asked for.
struct Asked<'a>(&'a Message, RefCell<Vec<String>>);

impl Fields for Asked<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        self.1.borrow_mut().push(name.as_str().to_owned());
        self.0.fields.visit(name, each);
    }
}

pub fn pseudo_names_are_no_fields() {
    let times = |signer: Signer| {
        ["(created)", "(expires)"].into_iter().fold(signer, |all, name| all.cover(name.parse().unwrap(), When::Always))
    };
    for (safe, evil) in [("/safe", "/evil"), ("/evil", "/safe")] {
        let signed = get(safe).sign(&times(signer()), NOW);
        assert_eq!(verify(&signed, None), Ok(()));
        // Fields of these names, which a map may hold, change nothing for either side.
        let target = format!("get {evil}");
        let fields = [
            ("(request-target)", target.as_str()),
            ("(created)", "1"),
            ("(expires)", "9999999999"),
            ("(key-id)", "bob"),
        ];
        let beside = fields.iter().fold(signed.clone(), |all, (name, value)| all.field(name, *value));
        assert_eq!(verify(&beside, None), Ok(()));
        assert_eq!(verify(&beside.target(evil), None), Err(VerifyError::SignatureMismatch));

        let asked = Asked(&signed, RefCell::default());
        let request = Request::new("GET", safe, &asked);
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
        assert!(unverified.verify(&[key()], b"").is_ok());
        assert!(asked.1.borrow().iter().all(|name| !name.contains('(')), "{:?}", asked.1);
        assert!(asked.1.borrow().contains(&"host".to_owned()));
    }
    assert!("(request-target)".parse::<FieldName>().is_err());
}

pub fn line_ends_are_refused() {
    let signer = signer().cover("x-a".parse().unwrap(), When::Always);
    let component: Component = "x-a".parse().unwrap();
    for value in ["a\nhost: evil", "a\r\nhost: evil", "a\rb", "a\0b", "\n", "a\n"] {
        let message = get("/a").field("X-A", value);
        let request = Request::new("GET", "/a", &message.fields).with_body(b"");
        let error = signer.sign(&request, NOW).err();
        assert_eq!(error, Some(SignError::ForbiddenByte(component.clone())), "{value:?}");
        let signed = get("/a").field("X-A", "a").sign(&signer, NOW).replacing("x-a", value);
        assert_eq!(verify(&signed, None), Err(VerifyError::ForbiddenByte(component.clone())), "{value:?}");
    }
    line_ends_of_the_target(&signer);
}

fn line_ends_of_the_target(signer: &Signer) {
    for target in ["/a\nhost: evil", "/a\r\nhost: evil", "/a\0"] {
        let message = get(target).field("X-A", "a");
        let request = Request::new("GET", target, &message.fields).with_body(b"");
        assert!(matches!(signer.sign(&request, NOW), Err(SignError::ForbiddenByte(_))), "{target:?}");
        let signed = get("/a").field("X-A", "a").sign(signer, NOW).target(target);
        assert!(matches!(verify(&signed, None), Err(VerifyError::ForbiddenByte(_))), "{target:?}");
    }
}

pub fn host_clean_up() {
    let host = "mastodon.social";
    let signed = Message::new("GET", "/a").field("Host", host).sign(&signer(), NOW);
    assert_eq!(verify(&signed, Some(host)), Ok(()));
    for spelling in
        ["mastodon.so/cial", "mastodon.social.", "mastodon.socia\u{142}", "mastodon.so cial", "mastodon.so\\cial"]
    {
        let refused = verify(&signed, Some(spelling)).unwrap_err();
        assert!(matches!(refused, VerifyError::AuthorityMismatch | VerifyError::UnusableAuthority), "{spelling}");
        let moved = signed.clone().replacing("host", spelling);
        assert!(verify(&moved, None).is_err(), "{spelling}");
        // Nor does a key id find the keys of another that it could be cleaned up to.
        let keys = StaticKeys::new().with("mastodon.social".parse().unwrap(), Credential::new(key(), ()));
        let named = Message::new("GET", "/a").field("Host", host);
        let named = named.sign(&Signer::new(Cavage::new(), SigningKey::hmac_sha256(spelling, &secret()).unwrap()), NOW);
        let request = Request::new("GET", "/a", &named.fields);
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
        let claim = countersign::Claim::new(&unverified, &request);
        let found = System::new().block_on(countersign::KeyLoader::load(&keys, claim)).unwrap();
        assert!(found.is_none(), "{spelling}");
    }
}

fn guard(limit: usize) -> SignatureGuard<&'static str> {
    let keys = StaticKeys::new().with("alice".parse().unwrap(), Credential::new(key(), "Alice"));
    SignatureGuard::new(SignatureConfig::new(keys).clock(|| NOW).body_limit(limit))
}

/// The status that a message gets from an app, and the body.
macro_rules! answer {
    ($app:expr, $message:expr) => {
        System::new().block_on(async {
            let app = init_service($app).await;
            let message: &Message = $message;
            let mut request = TestRequest::with_uri(&message.target).method(message.method.parse().unwrap());
            for (name, value) in &message.fields {
                request = request.append_header((name.as_str(), value.as_slice()));
            }
            if !message.body.is_empty() {
                request = request.set_payload(message.body.clone());
            }
            let response = call_service(&app, request.to_request()).await;
            let status = response.status().as_u16();
            (status, String::from_utf8(actix_web::test::read_body(response).await.to_vec()).unwrap())
        })
    };
}

async fn target(_: Caller<&'static str>, request: actix_web::HttpRequest) -> String {
    request.uri().to_string()
}

/// Inside of the guard nothing changes what is checked; outside of it the target has been changed before.
pub fn normalized_path() {
    let inside = || App::new().wrap(NormalizePath::trim()).wrap(guard(1024)).default_service(web::to(target));
    let outside = || App::new().wrap(guard(1024)).wrap(NormalizePath::trim()).default_service(web::to(target));
    let (signed, bare) = (get("/a/").sign(&signer(), NOW), get("/a").sign(&signer(), NOW));
    let moved = bare.clone().target("/a/");
    assert_eq!(answer!(inside(), &signed), (200, "/a".to_owned()));
    assert_eq!(answer!(inside(), &bare), (200, "/a".to_owned()));
    assert_eq!(answer!(inside(), &moved).0, 401);
    assert_eq!(answer!(inside(), &signed.clone().target("/a")).0, 401);
    // Here an honest request is refused, and the one that was changed is not: the guard has to be the outermost.
    assert_eq!(answer!(outside(), &signed).0, 401);
    assert_eq!(answer!(outside(), &bare), (200, "/a".to_owned()));
    assert_eq!(answer!(outside(), &moved), (200, "/a".to_owned()));
}

async fn length(_: Caller<&'static str>, body: web::Bytes) -> String {
    body.len().to_string()
}

/// The verifier's limit and the framework's hold each for itself, wherever the other one stands.
pub fn limit_in_the_wrong_layer() {
    let app = |own: usize, framework: usize| {
        let inner = web::PayloadConfig::new(framework);
        App::new().wrap(guard(own)).app_data(inner).default_service(web::to(length))
    };
    let signed = |len: usize| Message::new("POST", "/a").field("Host", "api.example").body(vec![b'x'; len]);
    let signed = |len: usize| signed(len).sign(&signer(), NOW);
    assert_eq!(answer!(app(2048, 65_536), &signed(2048)), (200, "2048".to_owned()));
    assert_eq!(answer!(app(2048, 65_536), &signed(2049)).0, 413);
    assert_eq!(answer!(app(65_536, 2048), &signed(2048)), (200, "2048".to_owned()));
    assert_eq!(answer!(app(65_536, 2048), &signed(2049)).0, 413);
    // Whoever has no key learns of no limit.
    assert_eq!(answer!(app(2048, 65_536), &signed(2049).without("signature")).0, 401);
}
