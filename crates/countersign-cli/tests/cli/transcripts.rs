//! Transcripts of every command, its failures included.

#[test]
fn the_command_prints_and_ends_as_its_transcripts_say() {
    trycmd::TestCases::new().case("tests/cmd/*.toml").case("tests/cmd/*.trycmd");
}
