//! The two forms of an ECDSA signature: DER (RFC 3279 section 2.2.3) and the two numbers side by side (IEEE P1363).

/// The lengths of one number on the curves that are offered: 256, 384 and 521 bits.
const NUMBER_LENGTHS: [usize; 3] = [32, 48, 66];

/// The DER form of two numbers of equal length; `None` when the length is that of no curve.
pub(crate) fn der_from_raw(raw: &[u8]) -> Option<Vec<u8>> {
    let half = raw.len() / 2;
    let fits = raw.len().is_multiple_of(2) && NUMBER_LENGTHS.contains(&half);
    let (r, s) = raw.split_at_checked(half).filter(|_| fits)?;
    let mut numbers = Vec::with_capacity(raw.len().saturating_add(8));
    for number in [r, s] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = number.get(zeros..).unwrap_or_default();
        // A number is not negative, and zero has one byte.
        let pad = digits.first().is_none_or(|first| *first >= 0x80);
        let len = digits.len().saturating_add(pad.into());
        numbers.extend([2, u8::try_from(len).ok()?]);
        numbers.extend(pad.then_some(0));
        numbers.extend_from_slice(digits);
    }
    let len = u8::try_from(numbers.len()).ok()?;
    let mut der = vec![0x30];
    der.extend((len >= 0x80).then_some(0x81));
    der.push(len);
    der.append(&mut numbers);
    Some(der)
}

/// The two numbers of a DER form side by side, each as long as the shortest curve that has room for both.
///
/// A signature on a longer curve whose numbers are both that short comes once in 2^256 times.
pub(crate) fn raw_from_der(der: &[u8]) -> Option<Vec<u8>> {
    let mut sequence = match der {
        [0x30, len, rest @ ..] if *len < 0x80 && usize::from(*len) == rest.len() => rest,
        [0x30, 0x81, len, rest @ ..] if *len >= 0x80 && usize::from(*len) == rest.len() => rest,
        _ => return None,
    };
    let numbers = [take_number(&mut sequence)?, take_number(&mut sequence)?];
    let longest = numbers.iter().map(|number| number.len()).max()?;
    let len = NUMBER_LENGTHS.into_iter().find(|len| *len >= longest).filter(|_| sequence.is_empty())?;
    let padded = numbers.iter().flat_map(|number| {
        let zeros = len.saturating_sub(number.len());
        std::iter::repeat_n(0, zeros).chain(number.iter().copied())
    });
    Some(padded.collect())
}

/// The digits of the next INTEGER, without the zero that keeps it from being negative.
fn take_number<'a>(der: &mut &'a [u8]) -> Option<&'a [u8]> {
    let [2, len, rest @ ..] = *der else { return None };
    let (number, after) = rest.split_at_checked(usize::from(*len))?;
    *der = after;
    match number {
        [] => None,
        [0, digits @ ..] if digits.first().is_none_or(|first| *first >= 0x80) => Some(digits),
        [first, ..] if *first == 0 || *first >= 0x80 => None,
        digits => Some(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_lead_to_each_other_on_every_curve() {
        for len in NUMBER_LENGTHS {
            for (first, zeros) in [(0x7f, 0), (0x80, 0), (0x01, 1), (0xff, 2), (0x01, len - 1)] {
                let mut number = vec![0; len];
                number[zeros] = first;
                let raw = [vec![0x11; len], number].concat();
                let der = der_from_raw(&raw).unwrap();
                assert_eq!(raw_from_der(&der), Some(raw), "{len} {first} {zeros}");
            }
        }
    }

    #[test]
    fn what_is_neither_form_is_none() {
        for len in [0, 1, 63, 65, 66, 95, 97, 131, 133, 200] {
            assert_eq!(der_from_raw(&vec![1; len]), None, "{len}");
        }
        for der in [&b""[..], b"\x30", b"\x30\x00", b"\x30\x03\x02\x01\x01", b"\x30\x06\x02\x01\x01\x02\x01"] {
            assert_eq!(raw_from_der(der), None, "{der:?}");
        }
        // Behind the end, negative, with a needless zero, and with a needlessly long length.
        for der in [
            &b"\x30\x06\x02\x01\x01\x02\x01\x01\x00"[..],
            b"\x30\x06\x02\x01\x81\x02\x01\x01",
            b"\x30\x07\x02\x02\x00\x01\x02\x01\x01",
            b"\x30\x81\x06\x02\x01\x01\x02\x01\x01",
        ] {
            assert_eq!(raw_from_der(der), None, "{der:?}");
        }
    }

    #[test]
    fn zero_keeps_one_byte() {
        let der = der_from_raw(&[0; 64]).unwrap();
        assert_eq!(der, [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert_eq!(raw_from_der(&der), Some(vec![0; 64]));
    }
}
