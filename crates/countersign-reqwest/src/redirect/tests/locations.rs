use super::*;

#[test]
fn a_location_is_read_against_the_url_that_answered_with_it_and_a_user_in_it_is_left_out() {
    for (location, expected) in [
        ("/new", "http://api.example:81/new"),
        ("new", "http://api.example:81/a/new"),
        ("../new?x", "http://api.example:81/new?x"),
        (".", "http://api.example:81/a/"),
        ("?page=2", "http://api.example:81/a/b?page=2"),
        ("?", "http://api.example:81/a/b?"),
        ("", "http://api.example:81/a/b?q=1"),
        ("#frag", "http://api.example:81/a/b?q=1#frag"),
        (" /new\t", "http://api.example:81/new"),
        ("/n\tew", "http://api.example:81/new"),
        ("/a b/\u{fc}/%2F/%7e", "http://api.example:81/a%20b/%C3%BC/%2F/%7e"),
        ("http:new", "http://api.example:81/a/new"),
        ("http://api.example:81", "http://api.example:81/"),
        ("HTTP://API.Example:081/x", "http://api.example:81/x"),
        ("//api.example:81/x", "http://api.example:81/x"),
        ("http://eve:secret@api.example:81/x", "http://api.example:81/x"),
    ] {
        for url in [HOME, "http://user:password@api.example:81/a/b?q=1#own"] {
            let mut request = request("GET", url);
            assert_eq!(step(&Redirects::default(), &mut request, 302, location), HOMEWARD, "{location}");
            assert_eq!(request.url().as_str(), expected, "{location}");
        }
    }
}

#[test]
fn a_location_that_is_none_or_not_http_is_not_followed() {
    for location in [
        "mailto:alice@api.example",
        "data:,x",
        "javascript:1",
        "about:blank",
        "urn:isbn:1",
        "ftp://api.example:81/a",
        "ws://api.example:81/a",
        "file:///a",
        "gopher://api.example:81/",
        "//",
        "http://",
        "http://[::1/",
        "http://api.example:99999/",
        "http://a b/",
    ] {
        for method in ["GET", "POST"] {
            for code in [302, 303, 307] {
                let mut request = request(method, HOME);
                assert_eq!(step(&Redirects::default(), &mut request, code, location), Step::Stay, "{location}");
            }
        }
    }
    for headers in [HeaderMap::new(), to(b"/\xFF"), to(b"http://\xE4.example/")] {
        let mut request = request("GET", HOME);
        let step = Redirects::default().step(&mut request, true, (status(302), &headers), &mut Trail::default());
        assert_eq!((step.unwrap(), request.url().as_str()), (Step::Stay, HOME));
    }
}

#[test]
fn an_origin_is_scheme_host_and_port_and_any_other_is_a_stranger() {
    for (from, location, expected) in [
        ("https://api.example/a", "https://API.EXAMPLE:443/x", HOMEWARD),
        ("http://[::1]:81/a", "http://[0:0::1]:81/x", HOMEWARD),
        ("http://127.0.0.1/a", "http://127.1:80/x", HOMEWARD),
        ("http://b\u{fc}cher.example/a", "http://xn--bcher-kva.example/x", HOMEWARD),
        ("https://api.example/a", "https://www.api.example/", ASTRAY),
        ("https://api.example/a", "https://api.example.evil/", ASTRAY),
        ("https://api.example/a", "https://api.example@evil.example/", ASTRAY),
        ("https://api.example/a", "https://api.example./", ASTRAY),
        ("https://api.example/a", "https://api.example:444/", ASTRAY),
        ("https://api.example/a", "http://api.example/", ASTRAY),
        ("https://api.example/a", "http://api.example:443/", ASTRAY),
        ("http://api.example/a", "https://api.example/", ASTRAY),
        ("http://api.example:443/a", "https://api.example/", ASTRAY),
        ("https://api.example/a", "//evil.example/a", ASTRAY),
        ("https://api.example/a", r"\\evil.example/a", ASTRAY),
        ("https://api.example/a", r"/\evil.example/a", ASTRAY),
        ("https://api.example/a", "http:a", ASTRAY),
        ("http://127.0.0.1:81/a", "http://localhost:81/", ASTRAY),
        ("http://127.0.0.1:81/a", "http://[::1]:81/", ASTRAY),
        ("http://127.0.0.1:81/a", "http://[::ffff:127.0.0.1]:81/", ASTRAY),
    ] {
        for code in [301, 302, 303, 307, 308] {
            let mut request = with_fields(request("GET", from), &[("cookie", "a=b")]);
            assert_eq!(step(&Redirects::default(), &mut request, code, location), expected, "{from} {location}");
            assert_eq!(value(&request, "cookie").is_some(), expected == HOMEWARD, "{from} {location}");
        }
    }
}
