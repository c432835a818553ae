//! Webhooks: times, deliveries and what is parsed.

use std::time::Duration;

use super::{
    case::{Case, Cases, Expect, Row},
    hook::Hook,
    lab::Lab,
    message::Message,
};

pub const ROWS: &[Row] = &[
    Row::wire("A185", "A time that may be missing", time_missing).hooks(),
    Row::wire("A186", "A delivery that is sent again", sent_again)
        .hooks()
        .but("without a store a delivery is accepted again, and the handler is told its id to go by"),
    Row::wire("A187", "A byte that moves from one part to the next", boundary_shift).hooks(),
    Row::wire("A188", "Two times", two_times).hooks(),
    Row::wire("A193", "JSON that is parsed before it is verified", parsed_early).hooks(),
];

const ABSENT: &str = "absent";

fn time_missing(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    let refused = || Expect::refused(ABSENT);
    for (name, field) in [("slack", "x-slack-request-timestamp"), ("standard-webhooks", "webhook-timestamp")] {
        let hook = lab.hook(name)?;
        cases.push(hook.case("no field", hook.signed().without(field), refused()));
        cases.push(hook.case("an empty field", hook.with(field, ""), Expect::refused("malformed")));
    }
    // Nor does it help to sign nothing in its place.
    let slack = lab.hook("slack")?;
    let unsigned = slack.plain().field("x-slack-signature", format!("v0={}", slack.hex_mac("v0::{\"n\":1}")));
    cases.push(slack.case("nothing signed in its place", unsigned, refused()));
    let stripe = lab.hook("stripe")?;
    for text in ["{\"n\":1}", ".{\"n\":1}"] {
        let attack = stripe.plain().field("stripe-signature", format!("v1={}", stripe.hex_mac(text)));
        cases.push(stripe.case("no time beside the signature", attack, refused()));
    }
    let ami = lab.hook("flow-ami")?;
    let signed = ami.signed();
    let form = String::from_utf8(signed.body.clone()).unwrap();
    let rest: Vec<_> = form.split('&').filter(|pair| !pair.starts_with("timestamp=")).collect();
    cases.push(ami.case("no pair", signed.clone().body(rest.join("&")), refused()));
    let unnamed = form.replace("timestamp=", "timestamp=&was=");
    cases.push(ami.case("an empty pair", signed.body(unnamed), Expect::refused("malformed")));
    let linear = lab.hook("linear")?;
    let body = r#"{"n":1}"#;
    let attack = linear.plain().body(body).field("linear-signature", linear.hex_mac(body));
    cases.push(linear.case("no value in the JSON", attack, refused()));
    let body = r#"{"webhookTimestamp":null}"#;
    let attack = linear.plain().body(body).field("linear-signature", linear.hex_mac(body));
    cases.push(linear.case("null in the JSON", attack, refused()));
    Ok(cases)
}

/// The answer shows the delivery's id, and whether it is signed.
fn showing(delivery: &'static str) -> Expect {
    Expect::accepted().looking("the delivery's id at the handler", move |answer| answer.body.starts_with(delivery))
}

fn sent_again(lab: &Lab<'_>) -> Cases {
    // What has no time is accepted for ever.
    let linear = lab.hook("linear")?;
    let docusign = lab.hook("docusign")?;
    let again = |hook: &Hook<'_>| hook.case("again", hook.signed(), Expect::accepted());
    let standard = lab.hook("standard-webhooks")?;
    let late = standard.sign_at(standard.plain(), lab.now().minus(Duration::from_secs(301)));
    let github_signed = lab.hook("github")?;
    Ok(vec![
        again(&docusign),
        again(&github_signed),
        standard.case("again", standard.signed(), showing("msg_1 signed ")),
        standard.case(
            "again under another id",
            standard.with("webhook-id", "msg_2"),
            Expect::refused("signature-mismatch"),
        ),
        standard.case("again, too late", late, Expect::refused("too-old")),
        linear.case("again under another id", linear.with("linear-delivery", "d2"), showing("d2 unsigned ")),
    ])
}

/// A request, and the same bytes under the same signature with other parts in them.
fn shifted(
    hook: &Hook<'_>,
    what: &str,
    body: &str,
    shift: impl FnOnce(Message) -> Message,
    cause: &'static str,
) -> Case {
    let control = hook.sign(hook.text(body));
    let attack = shift(control.clone());
    Case::new(format!("{}, {what}", hook.name), &control, attack, Expect::refused(cause))
}

fn boundary_shift(lab: &Lab<'_>) -> Cases {
    let (standard, stripe, slack) = (lab.hook("standard-webhooks")?, lab.hook("stripe")?, lab.hook("slack")?);
    let now = standard.now();
    let later = now + 1;
    let mut cases = vec![
        shifted(
            &standard,
            "the time into the id",
            &format!("{later}.x"),
            |signed| {
                signed
                    .replacing("webhook-id", format!("msg_1.{now}"))
                    .replacing("webhook-timestamp", later.to_string())
                    .body("x")
            },
            "malformed",
        ),
        shifted(
            &standard,
            "the body into the time",
            &format!("{later}.x"),
            |signed| signed.replacing("webhook-timestamp", format!("{now}.{later}")).body("x"),
            "malformed",
        ),
        shifted(
            &stripe,
            "the body into the time",
            "5.x",
            |signed| {
                let value = signed.value("stripe-signature").replace(',', ".5,");
                signed.replacing("stripe-signature", value).body("x")
            },
            "malformed",
        ),
        shifted(
            &slack,
            "the body into the time",
            "5:x",
            |signed| signed.replacing("x-slack-request-timestamp", format!("{now}:5")).body("x"),
            "malformed",
        ),
        shifted(
            &slack,
            "the time into the body",
            "x",
            |signed| {
                signed.replacing("x-slack-request-timestamp", (now / 10).to_string()).body(format!("{}:x", now % 10))
            },
            "too-old",
        ),
    ];
    // An id with a dot, and a time with one, signed for what they are.
    let signature = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        standard.mac(format!("msg.1.{now}.{{\"n\":1}}")),
    );
    let dotted = standard.with("webhook-id", "msg.1").replacing("webhook-signature", format!("v1,{signature}"));
    cases.push(standard.case("an id with a dot", dotted, Expect::refused("malformed")));
    for time in
        [format!("{now}.0"), format!("{}.2", now / 10), format!("0{now}"), format!("+{now}"), "1.7e9".to_owned()]
    {
        let signature = stripe.hex_mac(format!("{time}.{{\"n\":1}}"));
        let attack = stripe.with("stripe-signature", format!("t={time},v1={signature}"));
        cases.push(stripe.case(&time, attack, Expect::refused("malformed")));
    }
    Ok(cases)
}

fn two_times(lab: &Lab<'_>) -> Cases {
    let (stripe, slack, ami) = (lab.hook("stripe")?, lab.hook("slack")?, lab.hook("flow-ami")?);
    let now = stripe.now();
    let old = now - 100_000;
    let refused = || Expect::refused("ambiguous");
    let mut cases = Vec::new();
    // Each with a right signature for one of the two.
    for signed_at in [now, old] {
        let signature = stripe.hex_mac(format!("{signed_at}.{{\"n\":1}}"));
        for (first, second) in [(old, now), (now, old), (now, now)] {
            for value in
                [format!("t={first},t={second},v1={signature}"), format!("t={first},v1={signature},t={second}")]
            {
                let attack = stripe.with("stripe-signature", value.clone());
                cases.push(stripe.case(&value, attack, refused()));
            }
        }
    }
    for second in [now, old] {
        let attack = slack.signed().field("x-slack-request-timestamp", second.to_string());
        cases.push(slack.case("two fields", attack, refused()));
    }
    let again = slack.signed().value("x-slack-signature");
    cases.push(slack.case("two signatures", slack.signed().field("x-slack-signature", again), refused()));
    let signed = ami.signed();
    let form = String::from_utf8(signed.body.clone()).unwrap();
    for more in ["timestamp=2001-01-01T00:00:00Z", "time%73tamp=2001-01-01T00:00:00Z", "timestamp="] {
        for body in [format!("{form}&{more}"), format!("{more}&{form}")] {
            cases.push(ami.case(&body, signed.clone().body(body.clone()), refused()));
        }
    }
    Ok(cases)
}

fn parsed_early(lab: &Lab<'_>) -> Cases {
    let (github, linear) = (lab.hook("github")?, lab.hook("linear")?);
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let bomb = github.plain().body(deep(30_000));
    let wrong = |message: Message| message.field("x-hub-signature-256", format!("sha256={}", "00".repeat(32)));
    // With a right signature the parser is reached, and gives up.
    let reached = Expect { statuses: vec![vec![400]], calls: Some(1), ..Expect::accepted() };
    let mut cases = vec![
        github.case("deep", wrong(bomb.clone()), Expect::refused("signature-mismatch")),
        github.case(
            "deep and not closed",
            wrong(bomb.clone().body("[".repeat(60_000))),
            Expect::refused("signature-mismatch"),
        ),
        github.case("no JSON at all", wrong(bomb.clone().body("\u{0}")), Expect::refused("signature-mismatch")),
        github.case("deep, unsigned", bomb.clone(), Expect::refused("no-signature")),
        github.case("deep, rightly signed", github.sign(bomb), reached),
    ];
    // Where the time stands in the JSON, that one value is looked for, without a stack that could run out.
    let time = linear.now() * 1000;
    for (what, body, cause) in [
        ("deep", format!(r#"{{"deep":{},"webhookTimestamp":{time}}}"#, deep(30_000)), "signature-mismatch"),
        ("deep and not closed", format!(r#"{{"webhookTimestamp":{time},"deep":{}"#, "[".repeat(60_000)), "malformed"),
        (
            "many members",
            format!(r#"{{{}"webhookTimestamp":{time}}}"#, r#""a":1,"#.repeat(10_000)),
            "signature-mismatch",
        ),
        ("two times", format!(r#"{{"webhookTimestamp":{time},"webhook\u0054imestamp":1}}"#), "malformed"),
    ] {
        let attack = linear.plain().body(body).field("linear-signature", "00".repeat(32));
        cases.push(linear.case(what, attack, Expect::refused(cause)));
    }
    Ok(cases)
}
