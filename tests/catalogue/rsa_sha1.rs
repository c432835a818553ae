//! A right RSA signature with SHA-1, which no library here makes any more: RFC 8017 section 8.2.1 by hand, slow and for nothing
//! but this.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::message::Message;

/// The signing string of a message that is signed, by the list it states.
pub fn signing_string(signed: &Message) -> String {
    let value = signed.signature();
    let (_, list) = value.split_once("headers=\"").unwrap();
    let (list, _) = list.split_once('"').unwrap();
    let line = |name: &str| match name {
        "(request-target)" => format!("{name}: {} {}", signed.method.to_lowercase(), signed.target),
        field => format!("{name}: {}", signed.value(field)),
    };
    list.split(' ').map(line).collect::<Vec<_>>().join("\n")
}

/// The signature of a message under a private key in PKCS#8.
pub fn sign(pem: &[u8], message: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(pem).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    // PKCS#8: the version, the algorithm, and the PKCS#1 document: the version, the modulus, two exponents.
    let pkcs8 = values(&der);
    let pkcs1 = values(pkcs8[0]);
    let numbers = values(values(pkcs1[2])[0]);
    let (modulus, exponent) = (number(numbers[1]), number(numbers[3]));
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
    let info = [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 14, 3, 2, 0x1a, 5, 0, 4, 20];
    let len = modulus.len() * 4;
    let padding = vec![0xff; len - 3 - info.len() - hash.as_ref().len()];
    let padded = [&[0, 1], &padding[..], &[0], &info, hash.as_ref()].concat();
    let signature = power(&number(&padded), &exponent, &modulus);
    signature.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

/// The contents of the DER values that stand one after the other.
fn values(mut der: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while !der.is_empty() {
        let (start, len) = match usize::from(der[1]) {
            len @ ..0x80 => (2, len),
            wide => {
                let bytes = &der[2..2 + wide - 0x80];
                (2 + bytes.len(), bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)))
            }
        };
        values.push(&der[start..start + len]);
        der = &der[start + len..];
    }
    values
}

/// A number as limbs, the least one first, without leading zeros.
fn number(bytes: &[u8]) -> Vec<u32> {
    let limb = |bytes: &[u8]| bytes.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
    let mut limbs: Vec<_> = bytes.rchunks(4).map(limb).collect();
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    limbs
}

/// `base` to the power of `exponent`, by squaring.
fn power(base: &[u32], exponent: &[u32], modulus: &[u32]) -> Vec<u32> {
    let inverse = inverse(modulus[0]);
    let mut base = base.to_vec();
    base.resize(modulus.len(), 0);
    let montgomery = shifted(&base, modulus);
    let mut one = vec![0; modulus.len()];
    one[0] = 1;
    let mut result = shifted(&one, modulus);
    for limb in exponent.iter().rev() {
        for bit in (0..32).rev() {
            result = product(&result, &result, modulus, inverse);
            if limb >> bit & 1 == 1 {
                result = product(&result, &montgomery, modulus, inverse);
            }
        }
    }
    product(&result, &one, modulus, inverse)
}

/// −1 / n modulo 2^32.
fn inverse(n: u32) -> u32 {
    let mut inverse = 1_u32;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(n.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

/// The number in Montgomery's form: doubled as many times as the modulus has bits.
fn shifted(number: &[u32], modulus: &[u32]) -> Vec<u32> {
    let mut number = number.to_vec();
    for _ in 0..modulus.len() * 32 {
        let mut carry = 0;
        for limb in &mut number {
            (*limb, carry) = (*limb << 1 | carry, *limb >> 31);
        }
        reduce(&mut number, carry, modulus);
    }
    number
}

/// Takes the modulus off once where the number, with one more limb, is not below it.
fn reduce(number: &mut [u32], top: u32, modulus: &[u32]) {
    if top == 0 && number.iter().rev().lt(modulus.iter().rev()) {
        return;
    }
    let mut borrow = 0;
    for (limb, taken) in number.iter_mut().zip(modulus) {
        let difference = i64::from(*limb) - i64::from(*taken) - borrow;
        borrow = i64::from(difference < 0);
        *limb = u32::try_from(difference + (borrow << 32)).unwrap();
    }
}

/// Montgomery's product.
fn product(a: &[u32], b: &[u32], modulus: &[u32], inverse: u32) -> Vec<u32> {
    let len = modulus.len();
    let mut sum = vec![0_u32; len + 2];
    let add = |sum: &mut [u32], factor: u32, limbs: &[u32]| {
        let mut carry = 0_u64;
        for (at, limb) in limbs.iter().enumerate() {
            let value = u64::from(sum[at]) + u64::from(factor) * u64::from(*limb) + carry;
            (sum[at], carry) = (u32::try_from(value & 0xffff_ffff).unwrap(), value >> 32);
        }
        let value = u64::from(sum[len]) + carry;
        sum[len] = u32::try_from(value & 0xffff_ffff).unwrap();
        sum[len + 1] += u32::try_from(value >> 32).unwrap();
    };
    for limb in a {
        add(&mut sum, *limb, b);
        let factor = sum[0].wrapping_mul(inverse);
        add(&mut sum, factor, modulus);
        sum.remove(0);
        sum.push(0);
    }
    let top = sum[len];
    sum.truncate(len);
    reduce(&mut sum, top, modulus);
    sum
}
