//! Webhooks: how signatures are written.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    case::{Cases, Expect, Row},
    hook::Hook,
    key_material::hex,
    lab::Lab,
    message::Message,
};

pub const ROWS: &[Row] = &[
    Row::wire("A20", "An empty signature of a webhook", empty_signature).hooks(),
    Row::wire("A49", "A flood of signatures", signature_flood).hooks(),
    Row::wire("A50", "A right signature under an old label", old_label).hooks(),
    Row::wire("A189", "Forms of hexadecimal digits", hexadecimal).hooks(),
    Row::wire("A194", "A hash in place of a MAC", plain_hash)
        .hooks()
        .but("whoever computes the hash on from a seen one makes a longer body fit: the layout is taken by its dangerous name alone"),
];

fn empty_signature(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    for (name, field, values) in [
        ("stripe", "stripe-signature", &["t={now},v1=", "t={now},v1=,v1=", "t={now},v1", "t={now}", "v1=", ""][..]),
        ("standard-webhooks", "webhook-signature", &["v1,", "v1, v1,", "v1", ",", ""]),
        ("github", "x-hub-signature-256", &["sha256=", "sha256", "=", ""]),
        ("slack", "x-slack-signature", &["v0=", "v0", ""]),
        ("docusign", "x-docusign-signature-1", &[""]),
        ("worldpay", "event-signature", &["k1/SHA256/", "/SHA256/", "k1//", ""]),
        ("hubspot-v1", "x-hubspot-signature", &[""]),
    ] {
        let hook = lab.hook(name)?;
        for value in values {
            let value = value.replace("{now}", &hook.now().to_string());
            cases.push(hook.case(&format!("{value:?}"), hook.with(field, value), Expect::refused("malformed")));
        }
    }
    let ami = lab.hook("flow-ami")?;
    let signed = ami.signed();
    let form = String::from_utf8(signed.body.clone()).unwrap();
    let (rest, _) = form.split_once("&signature=").unwrap();
    for empty in ["&signature=", "&signature"] {
        let attack = signed.clone().body(format!("{rest}{empty}"));
        cases.push(ami.case(empty, attack, Expect::refused("malformed")));
    }
    cases.push(ami.case("no pair", signed.clone().body(rest), Expect::refused("no-signature")));
    Ok(cases)
}

fn signature_flood(lab: &Lab<'_>) -> Cases {
    let (stripe, standard) = (lab.hook("stripe")?, lab.hook("standard-webhooks")?);
    let (docusign, worldpay) = (lab.hook("docusign")?, lab.hook("worldpay")?);
    let refused = || Expect::refused("malformed");
    // More than any framework takes may be refused by it.
    let large = || refused().or(400).or(431).or(0);
    let (head, right) = {
        let value = stripe.signed().value("stripe-signature");
        let (head, right) = value.split_once(',').unwrap();
        (head.to_owned(), right.to_owned())
    };
    let wrong = format!("v1={}", "00".repeat(32));
    let list = |item: &str, times: usize, last: &str| {
        let items = std::iter::once(head.as_str()).chain(std::iter::repeat_n(item, times)).chain([last]);
        stripe.with("stripe-signature", items.collect::<Vec<_>>().join(","))
    };
    let mut cases = vec![
        stripe.case("1,000", list(&wrong, 999, &right), large()),
        stripe.case("1,000 short ones", list("v1=00", 999, &right), refused()),
        stripe.case("1,000 of another label", list("v0=00", 999, &right), refused()),
        stripe.case("17, the last right", list(&wrong, 16, &right), refused()),
        stripe.case("16, the last right", list(&wrong, 15, &right), Expect::accepted()),
    ];
    let right = standard.signed().value("webhook-signature");
    let wrong = format!("v1,{}", STANDARD.encode([0; 32]));
    for (count, expect) in [(1_000, large()), (17, refused()), (16, Expect::accepted())] {
        let value = format!("{}{right}", format!("{wrong} ").repeat(count - 1));
        cases.push(standard.case(&count.to_string(), standard.with("webhook-signature", value), expect));
    }
    let numbered = |count: usize| {
        let signed = docusign.signed();
        let right = signed.value("x-docusign-signature-1");
        let bare = signed.without("x-docusign-signature-1");
        let wrong = STANDARD.encode([0; 32]);
        (1..=count).fold(bare, |message, n| {
            let value = if n == count { &right } else { &wrong };
            message.field(&format!("x-docusign-signature-{n}"), value.as_str())
        })
    };
    // Each key of the sender has a field of its own, and all of them cost one MAC.
    cases.push(docusign.case("60 fields, the last right", numbered(60), Expect::accepted()));
    cases.push(docusign.case(
        "60 fields, none right",
        numbered(60).replacing("x-docusign-signature-60", STANDARD.encode([1; 32])),
        Expect::refused("signature-mismatch"),
    ));
    cases.push(docusign.case(
        "1,000 fields",
        numbered(1_000),
        Expect::refused("signature-mismatch").or(400).or(431).or(0),
    ));
    let right = worldpay.signed().value("event-signature");
    for (count, expect) in [(9, refused()), (8, Expect::accepted())] {
        let others: Vec<_> = (1..count).map(|n| format!("x{n}/SHA256/{}", "00".repeat(32))).collect();
        let value = format!("{},{right}", others.join(","));
        cases.push(worldpay.case(&format!("{count} keys"), worldpay.with("event-signature", value), expect));
    }
    Ok(cases)
}

fn sha1_mac(hook: &Hook<'_>) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, super::fixture::SECRET);
    hex(aws_lc_rs::hmac::sign(&key, &hook.plain().body).as_ref())
}

fn old_label(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    let refused = || Expect::refused("malformed");
    let mut relabelled = |name, field: &str, own: &str, labels: &[&str]| {
        let hook = lab.hook(name)?;
        for label in labels {
            let value = hook.signed().value(field);
            assert!(value.contains(own), "{value}");
            let attack = hook.with(field, value.replace(own, label));
            cases.push(hook.case(&format!("{label:?}"), attack, refused()));
        }
        Ok(())
    };
    relabelled("stripe", "stripe-signature", "v1=", &["v0=", "V1=", "v2=", "v1:", "v01=", "v1 ="])?;
    relabelled("standard-webhooks", "webhook-signature", "v1,", &["v0,", "v1a,", "v2,", "V1,", "v1="])?;
    relabelled("github", "x-hub-signature-256", "sha256=", &["sha1=", "sha512=", "SHA256=", "sha256:", ""])?;
    relabelled("slack", "x-slack-signature", "v0=", &["v1=", "V0=", ""])?;
    relabelled("worldpay", "event-signature", "/SHA256/", &["/SHA1/", "/SHA512/", "/sha256/", "//"])?;
    // What is right for the old scheme, in its own field and in the new one.
    let github = lab.hook("github")?;
    let old = format!("sha1={}", sha1_mac(&github));
    let alone = github.plain().field("x-hub-signature", old.as_str());
    cases.push(github.case("the old field alone", alone, Expect::refused("no-signature")));
    cases.push(github.case("the old one in the new field", github.with("x-hub-signature-256", old), refused()));
    let short = format!("sha256={}", sha1_mac(&github));
    let attack = github.with("x-hub-signature-256", short);
    cases.push(github.case("the old hash under the new label", attack, Expect::refused("signature-mismatch")));
    Ok(cases)
}

fn hexadecimal(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    for (name, field, label) in [
        ("github", "x-hub-signature-256", "sha256="),
        ("stripe", "stripe-signature", "v1="),
        ("slack", "x-slack-signature", "v0="),
    ] {
        let hook = lab.hook(name)?;
        let value = hook.signed().value(field);
        let (head, digits) = value.split_once(label).unwrap();
        let with = |text: &str| -> Message { hook.with(field, format!("{head}{label}{text}")) };
        let wide: String = digits.chars().map(|digit| char::from_u32(digit as u32 + 0xfee0).unwrap()).collect();
        let (first, rest) = digits.split_at(1);
        for (what, text) in [
            ("odd", digits[1..].to_owned()),
            ("one more", format!("{digits}0")),
            ("0x", format!("0x{digits}")),
            ("0X", format!("0X{}", &digits[2..])),
            ("\\x", format!("\\x{digits}")),
            ("wide digits", wide),
            ("a blank inside", format!("{first} {rest}")),
            ("a colon inside", format!("{first}:{rest}")),
            ("a sign", format!("+{}", &digits[1..])),
            ("Base64", STANDARD.encode(hook.mac(b"x"))),
            ("no digit", format!("g{}", &digits[1..])),
        ] {
            cases.push(hook.case(what, with(&text), Expect::refused("malformed").or(400).or(0)));
        }
        for (what, text) in [
            ("a byte less", digits[2..].to_owned()),
            ("a byte more", format!("{digits}00")),
            ("twice", digits.repeat(2)),
        ] {
            cases.push(hook.case(what, with(&text), Expect::refused("signature-mismatch")));
        }
        let mixed: String = digits
            .char_indices()
            .map(|(at, digit)| if at % 2 == 0 { digit.to_ascii_uppercase() } else { digit })
            .collect();
        cases.push(hook.case("upper case", with(&digits.to_uppercase()), Expect::accepted()));
        cases.push(hook.case("both cases", with(&mixed), Expect::accepted()));
    }
    Ok(cases)
}

fn plain_hash(lab: &Lab<'_>) -> Cases {
    let hook = lab.hook("hubspot-v1")?;
    let by_name = countersign::webhook::Webhook::preset(hook.name).err();
    let weakness = countersign::webhook::Weakness::PlainHash;
    assert_eq!(by_name, Some(countersign::webhook::WebhookError::Dangerous(weakness)));
    assert!(hook.webhook.weaknesses().contains(&weakness));
    let signed = hook.signed();
    let refused = || Expect::refused("signature-mismatch");
    let longer = |more: &[u8]| signed.clone().body([&signed.body, more].concat());
    // As the hash pads what it is given, which is where one that is computed on begins.
    let hashed = super::fixture::SECRET.len() + signed.body.len();
    let mut padding = vec![0x80];
    padding.resize((64 + 56 - hashed % 64 - 1) % 64 + 1, 0);
    padding.extend((hashed as u64 * 8).to_be_bytes());
    assert_eq!((hashed + padding.len()) % 64, 0);
    // A hash of the body without the secret, or with it behind, is none.
    let hash = |parts: &[&[u8]]| hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &parts.concat()).as_ref());
    let with = |text: String| signed.clone().replacing("x-hubspot-signature", text);
    Ok(vec![
        hook.case("a longer body", longer(b" "), refused()),
        hook.case("a padded body", longer(&padding), refused()),
        hook.case("a padded and longer body", longer(&[&padding[..], b"{}"].concat()), refused()),
        hook.case("a hash without the secret", with(hash(&[&signed.body])), refused()),
        hook.case("a hash with the secret behind", with(hash(&[&signed.body, super::fixture::SECRET])), refused()),
        hook.case("a MAC", with(hook.hex_mac(&signed.body)), refused()),
    ])
}
