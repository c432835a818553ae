//! What is reserved before it is done.

use super::*;

#[test]
fn what_is_under_a_lease_is_under_way_until_the_lease_is_over() {
    let store = store(10);
    let request = leased(1, 1_300, 30);
    let first = ticket(&store, request, 1_000);
    for now in [1_000, 1_029, 1_030] {
        assert_eq!(reserve(&store, request, now), Reserved::UnderWay, "{now}");
    }
    // Over is over, also for a clock that steps back.
    assert!(is_new(&store, until(2, 2_000), 1_031));
    let second = ticket(&store, request, 1_000);
    assert_ne!(first, second);
    // That one runs from the latest moment, too.
    assert_eq!(reserve(&store, request, 1_061), Reserved::UnderWay);
    assert_ne!(ticket(&store, request, 1_062), second);
    assert_eq!(store.len(), 2);
}

#[test]
fn a_part_of_a_second_is_a_lease_of_a_whole_one() {
    let store = store(10);
    let request = until(1, 1_300).leased_for(Duration::from_millis(1));
    assert!(is_new(&store, request, 1_000));
    assert_eq!(reserve(&store, request, 1_001), Reserved::UnderWay);
    assert!(is_new(&store, request, 1_002));
}

#[test]
fn what_is_released_may_come_again_and_makes_room() {
    let store = store(1);
    let request = leased(1, 1_300, 30);
    let first = ticket(&store, request, 1_000);
    assert_eq!(full(&store, leased(2, 1_300, 30), 1_000).capacity, 1);
    release(&store, request, first);
    assert!(store.is_empty());
    let second = ticket(&store, request, 1_000);
    // The first ticket is worth nothing any more.
    release(&store, request, first);
    assert_eq!(reserve(&store, request, 1_000), Reserved::UnderWay);
    release(&store, request, second);
    assert!(is_new(&store, leased(2, 1_300, 30), 1_000));
}

#[test]
fn the_ticket_of_a_lease_that_was_over_releases_nothing_of_anothers() {
    let store = store(10);
    let request = leased(1, 1_300, 30);
    let first = ticket(&store, request, 1_000);
    let second = ticket(&store, request, 1_031);
    release(&store, request, first);
    assert_eq!(reserve(&store, request, 1_031), Reserved::UnderWay);
    commit(&store, request, second, 1_040);
    for ticket in [first, second] {
        release(&store, request, ticket);
        assert_eq!(reserve(&store, request, 1_040), Reserved::Seen);
    }
}

#[test]
fn what_is_committed_at_once_is_not_released() {
    let store = store(10);
    let ticket = ticket(&store, until(1, 1_300), 1_000);
    release(&store, until(1, 1_300), ticket);
    assert_eq!(reserve(&store, until(1, 1_300), 1_000), Reserved::Seen);
}

#[test]
fn a_commit_is_for_good_even_when_the_lease_was_over_or_anothers() {
    let (store, request) = (store(10), leased(1, 1_300, 30));
    let first = ticket(&store, request, 1_000);
    commit(&store, request, first, 1_200);
    assert_eq!(reserve(&store, request, 1_300), Reserved::Seen);
    assert_eq!((store.len(), reserve(&store, request, 1_301)), (1, Reserved::Forgotten));

    let (store, request) = (super::store(10), leased(1, 1_300, 30));
    let first = ticket(&store, request, 1_000);
    let second = ticket(&store, request, 1_100);
    commit(&store, request, first, 1_100);
    assert_eq!(reserve(&store, request, 1_200), Reserved::Seen);
    commit(&store, request, second, 1_200);
    assert_eq!((store.len(), reserve(&store, request, 1_300)), (1, Reserved::Seen));
}

#[test]
fn a_commit_of_what_another_released_is_remembered_while_there_is_room() {
    let (store, request) = (store(1), leased(1, 1_300, 30));
    let first = ticket(&store, request, 1_000);
    let second = ticket(&store, request, 1_031);
    release(&store, request, second);
    commit(&store, request, first, 1_040);
    assert_eq!(reserve(&store, request, 1_040), Reserved::Seen);

    let store = super::store(1);
    let first = ticket(&store, request, 1_000);
    let second = ticket(&store, request, 1_031);
    release(&store, request, second);
    assert!(is_new(&store, until(2, 1_300), 1_040));
    assert_eq!(answer(store.commit(request, first, at(1_040))), Err(StoreIsFull { capacity: 1 }));
    // Nobody accepts it any more: there is nothing to remember.
    commit(&store, request, first, 1_301);
    assert_eq!(store.len(), 1);
}

#[test]
fn a_lease_that_is_over_keeps_its_place_for_a_late_commit() {
    let (store, request) = (store(1), leased(1, 1_300, 30));
    let first = ticket(&store, request, 1_000);
    assert_eq!(full(&store, until(2, 2_000), 1_300).capacity, 1);
    commit(&store, request, first, 1_300);
    assert_eq!(reserve(&store, request, 1_300), Reserved::Seen);
    assert!(is_new(&store, until(2, 2_000), 1_301));
}

#[test]
fn a_lease_that_outlasts_its_request_still_keeps_others_out() {
    let (store, request) = (store(1), leased(1, 1_010, 60));
    let ticket = ticket(&store, request, 1_000);
    assert_eq!(full(&store, until(2, 2_000), 1_060).capacity, 1);
    assert_eq!(reserve(&store, request, 1_050), Reserved::Forgotten);
    // By another policy, which accepts it longer.
    assert_eq!(reserve(&store, until(1, 1_500), 1_060), Reserved::UnderWay);
    commit(&store, request, ticket, 1_070);
    assert_eq!(reserve(&store, until(1, 1_500), 1_500), Reserved::Seen);
    assert!(is_new(&store, until(2, 2_000), 1_501));
}

#[test]
fn whoever_takes_over_a_lease_may_commit_at_once() {
    let (store, request) = (store(10), leased(1, 1_300, 30));
    let first = ticket(&store, request, 1_000);
    assert!(is_new(&store, until(1, 1_300), 1_031));
    release(&store, request, first);
    assert_eq!((store.len(), reserve(&store, request, 1_031)), (1, Reserved::Seen));
}

#[test]
fn a_commit_of_what_nobody_accepts_any_more_makes_room() {
    let (store, request) = (store(1), leased(1, 1_010, 60));
    let ticket = ticket(&store, request, 1_000);
    assert_eq!(full(&store, until(2, 2_000), 1_050).capacity, 1);
    commit(&store, request, ticket, 1_050);
    assert!(store.is_empty());
    assert!(is_new(&store, until(2, 2_000), 1_050));
}
