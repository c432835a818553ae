//! What a change leaves of the text as it was.

use super::*;

const TEXT: &str = "\
# Keys of the webhooks.

# The first one,
# by hand.
[[key]] # here
id = 'a'   # the id
algorithm = \"hmac-sha256\"
secret = '''correct horse
battery staple'''   # secret!
state = 'active'    # for now

# Nobody's.

# The second one.
[[key]]
secret_hex=\"63 6f7272\"
id=\"b\"
algorithm=\"hmac-sha256\"

[[key]]
  id = \"c\"
  state = \"disposed\"
  algorithm = \"hmac-sha256\"
  secret_env = \"CARGO_MANIFEST_DIR\"
# The end.
";

fn text() -> String {
    TEXT.replace("63 6f7272", "636f727265637420686f72736520626174746572")
}

/// The text after a change of the ring.
fn after(change: impl FnOnce(&mut KeyRing) -> Result<(), RingError>) -> String {
    let folder = Folder::with(&text());
    folder.open(RingPolicy::default()).ring().update(change).unwrap();
    folder.text()
}

#[test]
fn a_state_is_changed_and_nothing_else() {
    let retiring = after(|ring| ring.retire(&id("a"), std::time::Duration::from_secs(60), NOW));
    let line = "state = \"retiring\"    # for now\nuntil = 1700000060\n";
    assert_eq!(retiring, text().replace("state = 'active'    # for now\n", line));

    let disposed = after(|ring| ring.dispose(&id("b")));
    let line = "algorithm=\"hmac-sha256\"\nstate = \"disposed\"\n";
    assert_eq!(disposed, text().replace("algorithm=\"hmac-sha256\"\n", line));

    let restored = after(|ring| ring.restore(&id("c")));
    assert_eq!(restored, text().replace("state = \"disposed\"", "state = \"pending\""));
}

#[test]
fn a_key_that_is_no_longer_retiring_has_no_end() {
    let folder = Folder::with(&text());
    let keys = folder.open(RingPolicy::default());
    keys.ring().update(|ring| ring.retire(&id("a"), std::time::Duration::from_secs(60), NOW)).unwrap();
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(folder.text(), text().replace("state = 'active'", "state = \"disposed\""));
}

#[test]
fn a_purged_entry_goes_with_the_comment_right_above_it_and_no_other() {
    let purge = |which: &'static str| {
        move |ring: &mut KeyRing| {
            if which != "c" {
                ring.dispose(&id(which))?;
            }
            ring.purge(&id(which))
        }
    };
    let a = after(purge("a"));
    assert!(a.starts_with("# Keys of the webhooks.\n\n# Nobody's.\n\n# The second one.\n[[key]]\nsecret_hex="), "{a}");
    assert!(!a.contains("by hand") && !a.contains("correct horse"), "{a}");
    let b = after(purge("b"));
    assert!(b.contains("# for now\n\n# Nobody's.\n\n[[key]]\n  id = \"c\"\n"), "{b}");
    assert!(!b.contains("636f7272"), "{b}");
    let c = after(purge("c"));
    assert!(c.ends_with("algorithm=\"hmac-sha256\"\n# The end.\n"), "{c}");
}

#[test]
fn a_comment_of_the_whole_file_is_kept_when_its_first_entry_goes() {
    let folder = Folder::with(
        "# Keys of the webhooks.\n\n[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = '1234567890123456'\n",
    );
    let keys = folder.open(RingPolicy::default());
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    keys.add_pending(hmac("b"), NOW).unwrap();
    keys.ring().update(|ring| ring.purge(&id("a"))).unwrap();
    let expected = "# Keys of the webhooks.\n\n[[key]]\nid = \"b\"\n";
    assert!(folder.text().starts_with(expected), "{}", folder.text());
}

#[test]
fn the_first_entry_of_a_file_stands_below_its_comments() {
    let folder = Folder::with("# Keys of the webhooks.\n\n");
    folder.open(RingPolicy::default()).add_pending(hmac("b"), NOW).unwrap();
    let expected = "# Keys of the webhooks.\n\n\n[[key]]\nid = \"b\"\n";
    assert!(folder.text().starts_with(expected), "{}", folder.text());
}

#[test]
fn a_new_entry_stands_behind_all_others() {
    let folder = Folder::with(&text());
    folder.open(RingPolicy::default()).add_pending(hmac("d"), NOW).unwrap();
    let entry = "\n[[key]]\nid = \"d\"\nalgorithm = \"hmac-sha256\"\nsecret_base64 = \"ZCBpcyBhIGxvbmcgc2VjcmV0\"\n\
                 state = \"pending\"\ncreated = 1700000000\n# The end.\n";
    assert_eq!(folder.text(), text().replace("# The end.\n", entry));

    // Behind a last line without an end.
    let folder = Folder::with(text().trim_end_matches("\n# The end.\n"));
    folder.open(RingPolicy::default()).add_pending(hmac("d"), NOW).unwrap();
    assert_eq!(folder.text(), text().replace("# The end.\n", entry).replace("# The end.\n", ""));
}

#[test]
fn line_ends_and_the_mark_at_the_beginning_are_kept() {
    let windows = format!("\u{feff}{}", text().replace('\n', "\r\n"));
    let folder = Folder::with(&windows);
    folder.open(RingPolicy::default()).ring().update(|ring| ring.restore(&id("c"))).unwrap();
    assert_eq!(folder.text(), windows.replace("state = \"disposed\"", "state = \"pending\""));
}

#[test]
fn a_secret_is_never_put_where_another_text_stands() {
    let named = text().replace("id=\"b\"", "id=\"b\"\nname = \"masked0\"");
    let folder = Folder::with(&named);
    let keys = folder.open(RingPolicy::default());
    keys.add_pending(hmac("masked-0").named("masked-1"), NOW).unwrap();
    let after = folder.text();
    assert!(after.starts_with(named.trim_end_matches("# The end.\n")), "{after}");
    assert!(after.contains("id = \"masked-0\"\nname = \"masked-1\"\n"), "{after}");
    assert_eq!(after.matches("correct horse").count(), 1);
}
