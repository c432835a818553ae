mod locations;
mod strangers;

use reqwest::Request;

use super::*;

const HOME: &str = "http://api.example:81/a/b?q=1";
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const STRANGER: &str = "http://other.example/new";

fn request(method: &str, url: &str) -> Request {
    Request::new(method.parse().unwrap(), url.parse().unwrap())
}

fn with_body(method: &str) -> Request {
    let mut request = request(method, HOME);
    *request.body_mut() = Some("{}".into());
    request
}

fn with_fields(mut request: Request, fields: &[(&'static str, &'static str)]) -> Request {
    for (name, value) in fields {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    request
}

/// All of a request that a redirect could change.
fn shown(request: &Request) -> String {
    let body = Message::body(request).map(|bytes| std::str::from_utf8(bytes).unwrap());
    format!("{} {} {body:?} {:?}", request.method(), request.url(), request.headers())
}

fn fields(request: &Request) -> Vec<String> {
    let mut fields: Vec<_> =
        request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    fields.sort_unstable();
    fields
}

fn value<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

fn to(location: impl AsRef<[u8]>) -> HeaderMap {
    HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location.as_ref()).unwrap())])
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

/// What becomes of a request that has met no redirect before; unless it is followed, it is as it was.
fn step(redirects: &Redirects, request: &mut Request, code: u16, location: &str) -> Step {
    step_on(&mut Trail::default(), redirects, request, code, location).unwrap()
}

fn step_on(
    trail: &mut Trail,
    redirects: &Redirects,
    request: &mut Request,
    code: u16,
    location: &str,
) -> Result<Step, ClientError> {
    let before = (shown(request), trail.hops, trail.strayed);
    let step = redirects.step(request, true, (status(code), &to(location)), trail);
    if !matches!(step, Ok(Step::Follow { .. })) {
        assert_eq!((shown(request), trail.hops, trail.strayed), before);
    }
    step
}

/// That of [`HOME`].
fn home() -> Origin {
    Origin::of(&HOME.parse().unwrap()).unwrap()
}

fn origin(text: &str) -> Origin {
    text.parse().unwrap()
}

const HOMEWARD: Step = Step::Follow { stranger: false };
const ASTRAY: Step = Step::Follow { stranger: true };

/// The methods of the requests that follow those of [`METHODS`]; the body goes along where the method stays.
const TABLE: [(u16, [&str; 7]); 5] = [
    (301, ["GET", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    (302, ["GET", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    (303, ["GET", "HEAD", "GET", "GET", "GET", "GET", "GET"]),
    (307, METHODS),
    (308, METHODS),
];

#[test]
fn the_status_says_which_method_follows_and_whether_the_body_goes_along() {
    for (code, expected) in TABLE {
        for (method, next) in METHODS.into_iter().zip(expected) {
            let mut request = with_body(method);
            assert_eq!(step(&Redirects::default(), &mut request, code, "/new"), HOMEWARD);
            assert_eq!(request.method().as_str(), next, "{code} {method}");
            let body: &[u8] = if code == 303 || method != next { b"" } else { b"{}" };
            assert_eq!(Message::body(&request), Some(body), "{code} {method}");
        }
    }
}

#[test]
fn a_method_is_post_only_in_upper_case() {
    for method in ["post", "Post", "PURGE"] {
        for code in [301, 302] {
            let mut request = with_body(method);
            assert_eq!(step(&Redirects::default(), &mut request, code, "/new"), HOMEWARD);
            assert_eq!((request.method().as_str(), Message::body(&request)), (method, Some(&b"{}"[..])));
        }
    }
}

#[test]
fn no_other_status_is_followed() {
    for code in [200, 201, 202, 300, 304, 305, 306, 309, 399, 401, 404, 503] {
        assert_eq!(step(&Redirects::default(), &mut request("GET", HOME), code, "/new"), Step::Stay, "{code}");
    }
}

#[test]
fn what_describes_the_body_goes_with_it_and_the_rest_stays() {
    let described = [
        ("content-type", "text/plain"),
        ("content-length", "2"),
        ("content-encoding", "identity"),
        ("content-language", "en"),
        ("content-location", "/a"),
        ("content-range", "bytes 0-1/2"),
        ("content-disposition", "inline"),
        ("content-digest", "sha-256=:AA==:"),
        ("content-md5", "AA=="),
        ("digest", "SHA-256=AA=="),
        ("digest", "SHA-512=AA=="),
        ("repr-digest", "sha-256=:AA==:"),
        ("x-content-sha256", "AA=="),
        ("transfer-encoding", "chunked"),
        ("trailer", "x-sum"),
        ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("expect", "100-continue"),
    ];
    let rest = [("authorization", "Bearer x"), ("cookie", "a=b"), ("x-content", "1"), ("want-digest", "sha-256")];
    let request = || with_fields(with_fields(with_body("POST"), &described), &rest);
    for (code, kept) in [(301, false), (302, false), (303, false), (307, true), (308, true)] {
        let mut next = request();
        let redirects = Redirects::default().without_referer();
        assert_eq!(step(&redirects, &mut next, code, "/new"), HOMEWARD);
        let expected = if kept { request() } else { with_fields(with_body("GET"), &rest) };
        assert_eq!(fields(&next), fields(&expected), "{code}");
    }
}

#[test]
fn the_referer_names_the_url_before_within_an_origin_and_the_origin_elsewhere() {
    for (from, to, expected) in [
        ("https://u:p@api.example/a?q=1#f", "/new", Some("https://api.example/a?q=1")),
        ("http://[::1]:81/a?", "/new", Some("http://[::1]:81/a?")),
        ("https://u:p@api.example:444/a?q#f", "https://api.example/", Some("https://api.example:444/")),
        ("https://api.example/a?q", "https://allowed.example/", Some("https://api.example/")),
        ("http://api.example/a?q", "https://api.example/", Some("http://api.example/")),
        ("https://api.example/a?q", "http://api.example/", None),
        ("https://api.example/a?q", "http://allowed.example/", None),
    ] {
        let redirects = ["https://allowed.example", "http://allowed.example"]
            .into_iter()
            .fold(Redirects::default(), |redirects, allowed| {
                redirects.allowing(Origin::of(&from.parse().unwrap()).unwrap(), origin(allowed))
            });
        for own in [&[][..], &[("referer", "https://api.example/own?secret")]] {
            let mut request = with_fields(request("GET", from), own);
            assert!(matches!(step(&redirects, &mut request, 302, to), Step::Follow { .. }));
            assert_eq!(value(&request, "referer"), expected, "{from} {to}");
            assert_eq!(request.headers().get_all(REFERER).iter().count(), usize::from(expected.is_some()));
        }
    }
}

#[test]
fn without_a_referer_only_the_users_own_stands_and_not_for_a_stranger() {
    let redirects = Redirects::default().without_referer();
    for location in ["/new", STRANGER] {
        for own in [&[][..], &[("referer", "https://www.example/")]] {
            let mut request = with_fields(request("GET", HOME), own);
            assert!(matches!(step(&redirects, &mut request, 302, location), Step::Follow { .. }));
            let kept = own.first().map(|(_, value)| *value).filter(|_| location != STRANGER);
            assert_eq!(value(&request, "referer"), kept);
        }
    }
}

#[test]
fn the_users_host_stays_within_the_origin_and_nowhere_else() {
    let all = Redirects::default().allowing(home(), origin("http://eu.api.example")).passing(HOST);
    for (location, kept) in
        [("/new", true), ("http://api.example:81/", true), ("http://eu.api.example/", false), (STRANGER, false)]
    {
        let mut request = with_fields(request("GET", HOME), &[("host", "public.example")]);
        assert!(matches!(step(&all, &mut request, 302, location), Step::Follow { .. }));
        assert_eq!(value(&request, "host"), kept.then_some("public.example"), "{location}");
    }
}

#[test]
fn one_redirect_more_than_the_limit_is_an_error() {
    for (redirects, limit) in [
        (Redirects::limited(0), 0),
        (Redirects::limited(1), 1),
        (Redirects::limited(10), 10),
        (Redirects::default(), 10),
    ] {
        assert!(redirects.follows());
        let (mut request, mut trail) = (request("GET", HOME), Trail::default());
        for hop in 0..limit {
            let location = format!("/{hop}");
            assert_eq!(step_on(&mut trail, &redirects, &mut request, 302, &location).unwrap(), HOMEWARD);
            assert_eq!(trail.hops, hop + 1);
        }
        for location in ["/more", STRANGER] {
            let error = step_on(&mut trail, &redirects, &mut request, 302, location).unwrap_err();
            assert!(matches!(error, ClientError::TooManyRedirects(most) if most == limit), "{error:?}");
        }
        for (code, location) in [(200, "/more"), (302, "mailto:a")] {
            assert_eq!(step_on(&mut trail, &redirects, &mut request, code, location).unwrap(), Step::Stay);
        }
        *request.body_mut() = Some("{}".into());
        let refused = step_on(&mut trail, &redirects, &mut request, 307, STRANGER).unwrap();
        assert!(matches!(refused, Step::Refused(_)));
    }
}

#[test]
fn where_none_is_followed_the_redirect_is_the_answer() {
    assert!(!Redirects::none().follows());
    let none = Redirects::none().allowing(home(), origin("http://other.example"));
    for (code, _) in TABLE {
        for location in ["/new", STRANGER] {
            assert_eq!(step(&none, &mut request("POST", HOME), code, location), Step::Stay);
        }
    }
}

#[test]
fn a_body_that_is_gone_ends_what_needs_it_and_nothing_else() {
    for (code, table) in TABLE {
        for (method, next) in METHODS.into_iter().zip(table) {
            for location in ["/new", STRANGER] {
                let mut request = request(method, HOME);
                let (trail, head) = (&mut Trail::default(), to(location));
                let step = Redirects::default().step(&mut request, false, (status(code), &head), trail).unwrap();
                let goes = code == 303 || method != next;
                let expected = if location == "/new" { HOMEWARD } else { ASTRAY };
                assert_eq!(step, if goes { expected } else { Step::Stay }, "{code} {method}");
            }
        }
    }
}
