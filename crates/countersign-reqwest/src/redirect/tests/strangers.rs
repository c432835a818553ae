use reqwest::Body;

use super::*;

#[test]
fn a_stranger_gets_no_body_and_nothing_that_is_not_safe() {
    let refused = Step::Refused(origin(STRANGER.strip_suffix("/new").unwrap()));
    for (code, table) in TABLE {
        for (method, next) in METHODS.into_iter().zip(table) {
            let becomes = code == 303 || method != next;
            let safe = ["GET", "HEAD", "OPTIONS"].contains(&method);
            for (mut request, empty) in [(with_body(method), false), (request(method, HOME), true)] {
                let goes = becomes || (safe && empty);
                let step = step(&Redirects::default(), &mut request, code, STRANGER);
                assert_eq!(&step, if goes { &ASTRAY } else { &refused }, "{code} {method} {empty}");
                if goes {
                    assert_eq!((request.method().as_str(), request.url().as_str()), (next, STRANGER));
                    assert_eq!(Message::body(&request), Some(&b""[..]));
                }
            }
        }
    }
    let mut stream = request("GET", HOME);
    *stream.body_mut() = Some(Body::wrap(Body::from("")));
    assert_eq!(step(&Redirects::default(), &mut stream, 307, STRANGER), refused);
}

#[test]
fn a_stranger_gets_the_fields_that_say_what_kind_of_answer_is_wanted_and_no_other() {
    let harmless = [
        ("accept", "*/*"),
        ("accept-charset", "utf-8"),
        ("accept-encoding", "gzip"),
        ("accept-language", "en"),
        ("cache-control", "no-cache"),
        ("if-match", "\"a\""),
        ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("if-none-match", "\"a\""),
        ("if-none-match", "\"b\""),
        ("if-range", "\"a\""),
        ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("pragma", "no-cache"),
        ("range", "bytes=0-1"),
        ("user-agent", "x"),
    ];
    let rest = [
        ("authorization", "Bearer x"),
        ("proxy-authorization", "Basic x"),
        ("cookie", "a=b"),
        ("cookie2", "a"),
        ("host", "api.example"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("signature", "own"),
        ("signature-input", "own"),
        ("digest", "SHA-256=AA=="),
        ("content-type", "text/plain"),
        ("content-length", "0"),
        ("origin", "http://api.example"),
        ("from", "alice@api.example"),
        ("forwarded", "for=_x"),
        ("x-api-key", "x"),
        ("x-request-id", "7"),
        ("x-http-method-override", "DELETE"),
    ];
    for code in [301, 303, 307] {
        let mut request = with_fields(with_fields(request("GET", HOME), &rest), &harmless);
        assert_eq!(step(&Redirects::default().without_referer(), &mut request, code, STRANGER), ASTRAY);
        assert_eq!(fields(&request), fields(&with_fields(self::request("GET", HOME), &harmless)), "{code}");
    }
}

#[test]
fn a_sensitive_value_does_not_pass_and_takes_the_others_of_its_name_along() {
    let request = || {
        let mut request = with_fields(request("GET", HOME), &[("user-agent", "x"), ("accept", "a"), ("x-own", "1")]);
        for name in ["accept", "x-own"] {
            let mut secret = HeaderValue::from_static("secret");
            secret.set_sensitive(true);
            request.headers_mut().append(name, secret);
        }
        request
    };
    let mut reduced = request();
    let redirects = Redirects::default().without_referer();
    assert_eq!(step(&redirects, &mut reduced, 302, STRANGER), ASTRAY);
    assert_eq!(fields(&reduced), ["user-agent: x"]);

    let mut passed = request();
    let passing = redirects.clone().passing("x-own".parse().unwrap()).passing(ACCEPT);
    assert_eq!(step(&passing, &mut passed, 302, STRANGER), ASTRAY);
    assert_eq!(fields(&passed), ["user-agent: x"], "not even where its name does");

    let mut at_home = request();
    assert_eq!(step(&redirects, &mut at_home, 302, "/new"), HOMEWARD);
    assert_eq!(fields(&at_home), fields(&request()));
}

#[test]
fn passing_a_field_is_no_permission_for_a_body_or_for_another_method() {
    let redirects = Redirects::default().passing("content-type".parse().unwrap());
    let mut request = with_fields(with_body("POST"), &[("content-type", "text/plain")]);
    assert!(matches!(step(&redirects, &mut request, 307, STRANGER), Step::Refused(_)));
    assert_eq!(step(&redirects, &mut request, 303, STRANGER), ASTRAY);
    assert_eq!(fields(&request), ["referer: http://api.example:81/"]);
}

#[test]
fn an_origin_that_is_allowed_gets_the_body_and_all_fields_but_the_host() {
    let eu = Redirects::default().allowing(home(), origin("https://eu.api.example")).without_referer();
    let own = [("host", "api.example"), ("authorization", "Bearer x"), ("content-type", "text/plain")];
    let mut request = with_fields(with_body("PUT"), &own);
    assert_eq!(step(&eu, &mut request, 307, "https://EU.api.example:443/new"), HOMEWARD);
    assert_eq!(request.url().as_str(), "https://eu.api.example/new");
    assert_eq!((request.method().as_str(), Message::body(&request)), ("PUT", Some(&b"{}"[..])));
    assert_eq!(fields(&request), ["authorization: Bearer x", "content-type: text/plain"]);

    for other in ["http://eu.api.example/", "https://eu.api.example:444/", "https://us.api.example/"] {
        let refused = step(&eu, &mut with_body("PUT"), 307, other);
        assert_eq!(refused, Step::Refused(origin(other)));
    }
    let both = eu.allowing(home(), origin("https://us.api.example"));
    for allowed in ["https://eu.api.example/", "https://us.api.example/"] {
        assert_eq!(step(&both, &mut with_body("PUT"), 307, allowed), HOMEWARD);
    }
}

#[test]
fn from_an_allowed_origin_the_way_back_has_to_be_allowed_too() {
    let there = origin("https://eu.api.example");
    let eu = Redirects::default().allowing(home(), there.clone());
    for (redirects, expected) in [(eu.clone(), ASTRAY), (eu.allowing(there, home()), HOMEWARD)] {
        let (mut request, mut trail) = (request("GET", HOME), Trail::default());
        let there = step_on(&mut trail, &redirects, &mut request, 302, "https://eu.api.example/");
        assert_eq!(there.unwrap(), HOMEWARD);
        assert_eq!(step_on(&mut trail, &redirects, &mut request, 302, HOME).unwrap(), expected);
    }
}

#[test]
fn behind_a_stranger_nothing_is_home_again() {
    let eu = "https://eu.api.example/";
    let redirects = Redirects::default().allowing(home(), origin(eu)).without_referer();
    for back in [HOME, "/new", STRANGER, eu] {
        let (mut request, mut trail) = (with_fields(request("GET", HOME), &[("accept", "a")]), Trail::default());
        assert_eq!(step_on(&mut trail, &redirects, &mut request, 302, STRANGER).unwrap(), ASTRAY);
        for next in [back, back] {
            request.headers_mut().insert("x-late", HeaderValue::from_static("1"));
            assert_eq!(step_on(&mut trail, &redirects, &mut request, 302, next).unwrap(), ASTRAY, "{next}");
            assert_eq!(fields(&request), ["accept: a"]);
        }
        *request.body_mut() = Some("{}".into());
        let refused = step_on(&mut trail, &redirects, &mut request, 307, back).unwrap();
        assert!(matches!(refused, Step::Refused(_)), "{back}");
    }
}
