//! What kinds of material there are, and of weakness.

use std::fmt;

/// The field that gives the material of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// `secret`: the secret as text.
    Secret,
    /// `secret_base64`: the secret in Base64 (RFC 4648 section 4).
    SecretBase64,
    /// `secret_hex`: the secret in hexadecimal digits.
    SecretHex,
    /// `secret_file`: the path of a file with the secret.
    SecretFile,
    /// `secret_env`: the name of an environment variable with the secret.
    SecretEnv,
    /// `public_key`: a public key in PEM.
    PublicKey,
    /// `public_key_file`: the path of a file with one.
    PublicKeyFile,
    /// `private_key_file`: the path of a file with a private key in PEM.
    PrivateKeyFile,
}

impl SourceKind {
    /// Every field that gives material.
    pub const ALL: &'static [Self] = &[
        Self::Secret,
        Self::SecretBase64,
        Self::SecretHex,
        Self::SecretFile,
        Self::SecretEnv,
        Self::PublicKey,
        Self::PublicKeyFile,
        Self::PrivateKeyFile,
    ];

    /// The field's name.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::SecretBase64 => "secret_base64",
            Self::SecretHex => "secret_hex",
            Self::SecretFile => "secret_file",
            Self::SecretEnv => "secret_env",
            Self::PublicKey => "public_key",
            Self::PublicKeyFile => "public_key_file",
            Self::PrivateKeyFile => "private_key_file",
        }
    }

    /// Whether it gives a secret that both sides hold.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretBase64 | Self::SecretHex | Self::SecretFile | Self::SecretEnv)
    }
}

impl SourceKind {
    /// Whether it gives the path of a file.
    pub(crate) const fn is_file(self) -> bool {
        matches!(self, Self::SecretFile | Self::PublicKeyFile | Self::PrivateKeyFile)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field())
    }
}

/// What is weak about a key, which is why it says `dangerous = true`; a webhook's need not, since the provider chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weakness {
    /// A secret of so many bytes, which are fewer than 16.
    ShortSecret(usize),
    /// An algorithm that rests on SHA-1.
    Sha1,
    /// An RSA key of so many bits, which are fewer than 2048.
    ShortRsa(usize),
    /// An RSA key whose public exponent is under 65,537.
    SmallRsaExponent,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortSecret(bytes) => write!(f, "a secret of {bytes} bytes"),
            Self::Sha1 => f.write_str("SHA-1"),
            Self::ShortRsa(bits) => write!(f, "RSA of {bits} bits"),
            Self::SmallRsaExponent => f.write_str("RSA with a small exponent"),
        }
    }
}
