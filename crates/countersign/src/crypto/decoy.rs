//! Public keys whose private halves were never kept: what is verified with them is refused, in the time that it takes.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::public_key::PublicKey;
use crate::algorithm::{Algorithm, Family};

/// The key for an algorithm whose signatures are this long: of the size that makes such signatures.
pub(super) fn public_key(algorithm: Algorithm, signature_len: usize) -> Option<PublicKey> {
    let text = match (algorithm.family(), signature_len) {
        (Family::Hmac | Family::Plain, _) => return None,
        (Family::Rsa, ..=256) => RSA_2048,
        (Family::Rsa, ..=384) => RSA_3072,
        (Family::Rsa, _) => RSA_4096,
        // In DER, which has some bytes more than the two numbers.
        (Family::Ecdsa, ..=72) => P256,
        (Family::Ecdsa, ..=104) => P384,
        (Family::Ecdsa, _) => P521,
        (Family::Ed25519, _) => ED25519,
    };
    PublicKey::from_der(algorithm, &STANDARD.decode(text).ok()?, true).ok()
}

const RSA_2048: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApQZtHADLr3m8epF31bkCqMB8bE0LsUJvZUJpuZl49fRz\
    rJn7vVNec6MC7uI3Uk57pNjftf8V+J6tLtjIs259Ya79NzCXeaXJrJmmg39sfIEaXUYQJn12tKwLFKPzKCo/3aWavxshJEKil9CmSt2zP8NNGv34\
    1TQ3dER5dU+sQNH+KoGq2V2mGHFiXCuPDEJ6doKEnchEDtz4lb/LxWG3sA1ehNACdc5juwBh2yXYMmyEpu/HtEWkNHJ139CZtklv92NN9+AgiOvV\
    VKpViCF7J8KllKAJSF8WGg7Dcyl0wyvWTyipU0TX+pjGP9dCLL0Q1zkT7dcy1Txb6S0vPXIH6wIDAQAB";
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEI5ELif3DqNFCSNo7ydG3hCFm+335EzAgr6uvJKkmvwKTDGDpb3v9HkaS\
    rhwyOH1BQb2vMv3FIGYaam/D94YlIg==";
const P384: &str = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzZyKIV8+osSJ1fqMn1SD8PX3yyITqzuOAXuL75gCQLdJ10acpMr/ykfMAPe9\
    lHF5r2YIg+4O44UyGa6FvIBhhdpB5pOHfkqnMzpY4xBroHkawwkwbvn3duUqh/Gwhf9y";
const ED25519: &str = "MCowBQYDK2VwAyEADjIYbXPJvzbHeokNMYyelLdTK8YOyGnrJt80W+QitUs=";

const RSA_3072: &str = "MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEA26qznqfne83P/szG7zjEhzWhyskX4rCmmM0JE0O73naz1g5wjqU6USAZ\
    d7xhBr/+wdwsjSO5CH0sf2yTaz33+SMvxW3yY3i3+VHlViyqTIQz857d1039QHkyZlV2/nmrC+mKXEv7YMNOLn/ZSkqo9Yasf+/+\
    flOqa6IGOwRkQPsdXjSGo5nEv8Hon32swUE1/Dji1yx/527PApvnU2EK3GD5ZNJXCAIFkfZet8qYwa2CFtuThsNqzfIkDfJ7u++O\
    fQ+me3nILyDdZEdUjP37uuVowjlcIDDDxMNk6yaL6NuVn5Lq32Uooe2XM+Fzk0zwc4AUg814R3A9DySM6IBRVWxSJClsUbQIkHpz\
    11vkRZAKKME9MJlA2wHLlyWnAshRHpbjcq2IwIyNk7h2JaR85AIXyum8MnMIygpuVEazrhK8KUS1oxg+FB5tX3cJ2ILcfnBn1cFB\
    wMGXtGIb0wspBT7IJ8vvfeIpbA78qLF+CNxnK9pcayRbTaj4+56ERw6XAgMBAAE=";
const RSA_4096: &str = "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAqloafSxKsqZYSBwvrpUY1mcgplnLexFieQGvJLiJEqtHWuXw12FjHW7X\
    +AENJFqj7Gd1Lqct0zf+KSfoBeQvlp6JN2Cz9VC5oMiASa15fkS4vfrCQ4N1vNHHAU5AMfMER0lQqwDA2zpi8EKa3nnS2fYW79dL\
    uNsdZUk578CLAOaSROBRIMi6Privmq+I0w/Z1QkPCoDgxpLD7W+O6WxiUNAEjOjq3Ix7CXsFK2bFhA70mMVgmXq/DtQyctsdEFru\
    3/ZhQi9hDv/Lf5mUKigsRnD4xzb3XNTYsRAqQ32dCygda6zYNriocUcPQ8kGbPmmnD5eTld2THESBy7NPcVQccLcanAGWq/r2ZmW\
    /mEb/m3Gb0pJhOMeCtQHdQCNr1nUs6zbSLBNfaUx6eIt+W8QkwHnshwLU95mTW8NjevlN+fmVjPlitbNrqDOTSXmAHj6a5z4Ayag\
    NnuPLsZV1hSlS9WpXhVrIdqJeW+4IadWiYGrvOtfO6IGiKgb0Tk0iHH1VQ25nbQdQjKlNyU7/hUCTxfwWJFdsULqpanE0g7NhJZW\
    Bg82ssan0sfy+fpouQafSJYDEO3duQ+kKd/dtrP8EjyqyBaAzBKWWU9pyE0fNRJ3JGsfQ/pDGnuji03IxND8WFIJa6oGpTc+ZeA2\
    V1UR2vH6bR8ud1QxPYgO0YHFTosCAwEAAQ==";
const P521: &str = "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBxA+/z34Fy8Ezc+PTlyxONqtcAQiEZskRxy8D+uCP3MTB9Ista20MTOdj3/l7ia3E\
    hK+lidVQ6lNV0+T6JIzrHBsBx+Jm1E6hm2Vld9UREmYwg2sp0fgPtdLHef24snsNhd9HlRLOJnNOktot3Ms6nYV1BcNCpPPMtJjY\
    mhXPUi0KbGs=";
