//! The attack catalogue against a server of this process, and against servers that are no match for it.

use actix_web::{HttpResponse, http::StatusCode, web};
use countersign_tests::catalogue::{
    DEPARTURES,
    case::Protocol,
    fixture::Fixture,
    replay,
    report::Report,
    rows, run,
    subject::{HMAC, Route, Subject},
};

use crate::support::Server;

fn hold(report: &Report) {
    println!("{report}");
    let failures = report.failures();
    assert!(failures.is_empty(), "{failures:#?}\n{}", report.counts());
}

#[test]
fn every_attack_over_http_1_is_survived() {
    hold(&run::wire(&Fixture::start().subject, Protocol::Http1, &rows()));
}

#[test]
fn every_attack_over_http_2_is_survived() {
    hold(&run::wire(&Fixture::start().subject, Protocol::Http2, &rows()));
}

#[test]
fn every_attack_in_process_is_survived() {
    hold(&run::in_process(&rows()));
}

/// What the command knows of a server: the address, a secret, and one route.
fn from_outside(mut subject: Subject) -> Subject {
    subject.inside = None;
    subject.keys.retain(|name, _| *name == HMAC);
    subject.targets.retain(|route, _| matches!(route, Route::Extractor | Route::Optional | Route::Remembered));
    subject
}

#[test]
fn judged_by_its_answers_alone_the_same_server_survives_as_much() {
    let fixture = Fixture::start();
    let subject = from_outside(fixture.subject.clone());
    let report = run::wire(&subject, Protocol::Http1, &rows());
    let failures = report.failures();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(report.held().len() > 50, "{report}");
}

/// As the command tries it with `--once`.
#[test]
fn a_server_that_accepts_each_request_once_survives_the_attacks_that_are_no_replays_as_well() {
    let fixture = Fixture::start();
    let mut subject = from_outside(fixture.subject.clone());
    let target = subject.targets[&Route::Remembered].clone();
    subject.targets = [Route::Extractor, Route::Remembered].map(|route| (route, target.clone())).into();
    subject.remembers = true;
    let report = run::wire(&subject, Protocol::Http1, &rows());
    println!("{report}");
    let failures = report.failures();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(report.held().len() > 50, "{report}");
}

/// The catalogue has a hundred rounds of it, which take a few seconds.
#[test]
#[ignore = "takes a minute"]
fn of_a_request_on_a_hundred_connections_at_once_one_is_accepted_a_thousand_times_over() {
    replay::race(1_000);
}

/// The rows that hold where everything is answered with one status: there are none that any server survives.
async fn held_by(status: StatusCode) -> Vec<&'static str> {
    let server = Server::start(move |app| {
        app.default_service(web::to(move || std::future::ready(HttpResponse::new(status))));
    });
    let fixture = Fixture::start();
    let subject = Subject { address: ([127, 0, 0, 1], server.port).into(), ..from_outside(fixture.subject.clone()) };
    // The client waits in place, and the server needs this thread to start.
    let report = actix_web::rt::task::spawn_blocking(move || run::wire(&subject, Protocol::Http1, &rows()));
    report.await.unwrap().held()
}

#[actix_web::test]
async fn a_server_that_refuses_everything_survives_nothing() {
    assert_eq!(held_by(StatusCode::UNAUTHORIZED).await, Vec::<&str>::new());
}

#[actix_web::test]
async fn a_server_that_lets_everything_through_survives_what_its_framework_refuses() {
    // And what may be accepted: white space, line ends, and a fragment that the framework cuts off.
    let held = ["A56", "A65", "A67", "A69", "A74", "A80"];
    assert_eq!(held_by(StatusCode::OK).await, held);
}

/// Every row that goes over a socket or runs in process.
#[rustfmt::skip]
const NUMBERS: &[u32] = &[
    1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25,
    26, 27, 28, 29, 30, 31, 32, 33, 34, 36, 37, 40, 42, 43, 44, 46, 47, 48, 49, 50,
    51, 52, 53, 54, 55, 56, 58, 59, 60, 61, 63, 64, 65, 67, 68, 69,
    71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 87, 88, 89, 90, 91, 92, 93, 94, 95,
    96, 97, 98, 99, 100, 101, 102, 104, 105, 106, 107, 108,
    111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 123, 125,
    126, 128, 129, 130, 131, 132, 133, 134, 136, 137, 139, 140, 141, 143,
    144, 145, 146, 148, 149, 150, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161,
    163, 164, 165, 166, 171, 172, 181,
    185, 186, 187, 188, 189, 190, 191, 192, 193, 194,
];

#[test]
fn no_row_is_lost_and_none_is_there_twice_in_one_place() {
    let mut numbers: Vec<u32> = rows().iter().map(|row| row.id[1..].parse().unwrap()).collect();
    numbers.dedup();
    assert_eq!(numbers, NUMBERS);
    let mut titles: Vec<_> = rows().iter().map(|row| row.title).collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), rows().len());
}

#[test]
fn what_is_departed_from_is_a_row() {
    for (id, ..) in DEPARTURES {
        assert!(rows().iter().any(|row| row.id == *id), "{id}");
    }
}
