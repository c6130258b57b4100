//! Secrets: random ones kept as digests, passwords kept as argon2id.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// Why a secret could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No randomness.
    #[error("the operating system gives no random bytes")]
    Random,
    /// Argon2 refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    /// Too short to be a password.
    #[error("a password has at least 8 characters; three words that do not belong together are easy to keep")]
    TooShort,
    /// Longer than anybody types.
    #[error("a password has at most 256 characters")]
    TooLong,
}

/// `N` bytes of the operating system's randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::Random)?;
    Ok(bytes)
}

/// A secret of 256 random bits as 64 hexadecimal digits, and the digest to keep of it.
///
/// # Errors
/// [`SecretError::Random`].
pub fn new_secret() -> Result<(String, [u8; 32]), SecretError> {
    let text = hex::encode(random::<32>()?);
    let digest = digest_of(&text);
    Ok((text, digest))
}

/// What is kept of a secret: the SHA-256 of its text.
#[must_use]
pub fn digest_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// OWASP's first choice: argon2id, 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Hashes a password; takes tens of milliseconds, on purpose.
pub(crate) fn hash_password(password: &str) -> Result<String, SecretError> {
    match password.chars().count() {
        0..8 => return Err(SecretError::TooShort),
        257.. => return Err(SecretError::TooLong),
        _ => {}
    }
    let failed = |e: argon2::password_hash::Error| SecretError::Hash(e.to_string());
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(failed)?;
    Ok(argon2().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

fn verify(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Checks passwords, few at a time so that sign-ins cannot take the machine, and as long for nobody as for somebody.
pub(crate) struct SignIns {
    at_once: Semaphore,
    nobody: String,
}

impl SignIns {
    pub(crate) fn new() -> Result<Self, SecretError> {
        Ok(Self { at_once: Semaphore::new(2), nobody: hash_password(&new_secret()?.0)? })
    }

    /// Whether `password` is the one of `phc`; `None` (no such person) takes as long and is never right.
    pub(crate) async fn check(&self, password: String, phc: Option<String>) -> bool {
        let Ok(_permit) = self.at_once.acquire().await else { return false };
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.nobody.clone());
        tokio::task::spawn_blocking(move || verify(&password, &phc)).await.unwrap_or(false) && known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_not() {
        let phc = hash_password("quiet blue kettle").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let sign_ins = SignIns::new().unwrap();
        assert!(sign_ins.check("quiet blue kettle".into(), Some(phc.clone())).await);
        assert!(!sign_ins.check("quiet blue kettl".into(), Some(phc)).await);
        assert!(!sign_ins.check("quiet blue kettle".into(), None).await);
        assert!(matches!(hash_password("short"), Err(SecretError::TooShort)));
    }

    #[test]
    fn secrets_are_256_bits_and_kept_as_digests() {
        let (text, digest) = new_secret().unwrap();
        assert_eq!(text.len(), 64);
        assert_eq!(digest, digest_of(&text));
        assert_ne!(text, new_secret().unwrap().0);
    }
}
