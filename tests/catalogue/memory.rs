//! What is left of a secret in this process's memory, as far as Linux shows it.

use std::{fs::File, io::Read, os::unix::fs::FileExt};

use countersign::{Cavage, Request, Secret, Signer, SigningKey, VerifyingKey};

use super::in_process::NOW;

/// Never kept as it is but where the library has it: what looks for the secret must not find itself.
const MASK: u8 = 0xa5;

/// The longest region that is searched, in bytes: the stacks and the heap are far shorter.
const LONGEST: u64 = 256 << 20;

/// How often the secret stands in memory that can be written, as it is or as the pads of an HMAC.
fn found(masked: &[u8]) -> usize {
    let mut maps = String::new();
    File::open("/proc/self/maps").unwrap().read_to_string(&mut maps).unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    let mut room = vec![0; 1 << 16];
    let mut count = 0;
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut at = start;
        while at < end && end - start <= LONGEST {
            let len = usize::try_from(end - at).unwrap_or(usize::MAX).min(room.len());
            // A region may be gone by now.
            let Ok(read @ 1..) = memory.read_at(&mut room[..len], at) else { break };
            for mask in [MASK, MASK ^ 0x36, MASK ^ 0x5c] {
                count += occurrences(&room[..read], masked, mask);
            }
            // Overlapping, for what stands across the end.
            at += u64::try_from(if read < len || at + u64::try_from(read).unwrap() >= end {
                read
            } else {
                read - masked.len()
            })
            .unwrap();
        }
    }
    room.fill(0);
    count
}

fn occurrences(bytes: &[u8], masked: &[u8], mask: u8) -> usize {
    let first = masked[0] ^ mask;
    let (mut count, mut rest) = (0, bytes);
    while let Some(at) = memchr::memchr(first, rest) {
        let same =
            rest.len() >= at + masked.len() && rest[at..].iter().zip(masked).all(|(byte, own)| byte ^ mask == *own);
        count += usize::from(same);
        rest = &rest[at + 1..];
    }
    count
}

/// The secret of a key is nowhere once the key is dropped, and was somewhere before.
pub fn secrets_in_memory() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let mut masked = [0; 32];
    aws_lc_rs::rand::fill(&mut masked).unwrap();
    let secret = || Secret::new(masked.iter().map(|byte| byte ^ MASK).collect::<Vec<_>>()).unwrap();
    let held = secret();
    assert!(found(&masked) > 0, "the search does not find what is there");
    let (signing, verifying) = (SigningKey::hmac_sha256("alice", &held).unwrap(), VerifyingKey::hmac_sha256(&held));
    let fields = [("host", "api.example")];
    let request = Request::new("GET", "/a", &fields).with_body(b"");
    let signer = Signer::new(Cavage::new(), signing);
    signer.sign(&request, NOW).unwrap();
    drop((held, signer, verifying));
    assert_eq!(found(&masked), 0, "a dropped secret is still in memory");
}
