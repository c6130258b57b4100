//! Codes from an app on a telephone, and codes on paper for the day it is lost.

use super::secret::{SecretError, random};
use crate::app::App;
use crate::problem::Problem;
use care::Actor;
use qrcode::QrCode;
use qrcode::render::svg;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{SecondFactor, StoreError, User};
use totp_rs::{Builder, Secret, Totp};
use vitals::Instant;

/// Recovery codes that a person is given.
const RECOVERY_CODES: usize = 10;
/// Letters and digits that are not taken for one another on paper, 32 of them: five bits each.
const READABLE: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// A new secret, base32: 160 bits, as RFC 4226 recommends.
pub(crate) fn new_secret() -> Result<String, SecretError> {
    Ok(Secret::from(random::<20>()?).to_base32())
}

/// The generator of a secret, as apps expect it: SHA-1, six digits, 30 s, one step early or late.
fn totp(secret: &str, account: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("Hearth")).build().ok()
}

/// The time step whose code this is, around `now`.
pub(crate) fn step_of(secret: &str, code: &str, now: Instant) -> Option<u64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp(secret, "")?.check(&digits, u64::try_from(now.timestamp()).ok()?)
}

/// What the app photographs: the secret with its settings as SVG. Its only colours are those of the page around it.
pub(crate) fn picture(secret: &str, account: &str) -> Option<String> {
    let url = totp(secret, account)?.to_url().ok()?;
    let code = QrCode::new(url.as_bytes()).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // It stands within a page, where an XML declaration must not.
    drawn.split_once("?>").map(|(_, svg)| svg.to_owned())
}

/// Codes that work once each, to be shown once; and what is kept of them.
pub(crate) fn recovery_codes() -> Result<(Vec<String>, BTreeSet<String>), SecretError> {
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let bytes = random::<16>()?;
        let letter = |b: &u8| READABLE.get(usize::from(b % 32)).copied().map_or('2', char::from);
        let groups: Vec<String> = bytes.chunks(4).map(|group| group.iter().map(letter).collect()).collect();
        codes.push(groups.join("-"));
    }
    let kept = codes.iter().map(|code| recovery_digest(code)).collect();
    Ok((codes, kept))
}

/// What is kept of a recovery code: 80 random bits need no slow hash.
fn recovery_digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    hex::encode(Sha256::digest(plain.as_bytes()))
}

/// Uses up a code, of the app or from the paper. What it was, or `None` where it is wrong or was used before.
pub(crate) async fn redeem(app: &App, user: &User, code: &str) -> Result<Option<&'static str>, Problem> {
    let Some(factor) = &user.second_factor else { return Ok(None) };
    let step = step_of(&factor.secret, code, app.clock.now());
    let digest = recovery_digest(code);
    let means = if step.is_some() { "second-factor" } else { "recovery-code" };
    let use_up = move |user: &mut User| {
        let used = || StoreError::Conflict("the code is wrong or was used".to_owned());
        let factor = user.second_factor.as_mut().ok_or_else(used)?;
        match step {
            Some(step) if step > factor.last_step => factor.last_step = step,
            None if factor.recovery.remove(&digest) => {}
            _ => return Err(used()),
        }
        Ok(())
    };
    match app.store.edit_user(&user.name, Box::new(use_up), &Actor(user.name.clone())).await {
        Ok(_) => Ok(Some(means)),
        Err(StoreError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives somebody this second factor if `code` is one of its codes now; the recovery codes, to be shown once.
pub(crate) async fn enrol(app: &App, name: &str, secret: String, code: &str) -> Result<Option<Vec<String>>, Problem> {
    let Some(last_step) = step_of(&secret, code, app.clock.now()) else { return Ok(None) };
    let (codes, recovery) = recovery_codes().map_err(|e| Problem::internal(&e))?;
    set(app, name, Some(SecondFactor { secret, last_step, recovery }), &Actor(name.to_owned())).await?;
    Ok(Some(codes))
}

/// Gives somebody other recovery codes; the old ones no longer work.
pub(crate) async fn renew_recovery(app: &App, name: &str) -> Result<Vec<String>, Problem> {
    let (codes, recovery) = recovery_codes().map_err(|e| Problem::internal(&e))?;
    let renew = move |user: &mut User| {
        let factor = user.second_factor.as_mut();
        factor.ok_or(StoreError::NotFound("the second factor"))?.recovery = recovery;
        Ok(())
    };
    app.store.edit_user(name, Box::new(renew), &Actor(name.to_owned())).await?;
    Ok(codes)
}

/// Sets or takes away somebody's second factor, which ends their sessions.
pub(crate) async fn set(app: &App, name: &str, factor: Option<SecondFactor>, by: &Actor) -> Result<(), Problem> {
    let set = move |user: &mut User| {
        user.second_factor = factor;
        Ok(())
    };
    app.store.edit_user(name, Box::new(set), by).await.map(drop).map_err(Problem::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1: 94287082 at 59 s; six digits of it.
        let secret = Secret::from(*b"12345678901234567890").to_base32();
        let at = |seconds| Instant::from_timestamp(seconds, 0).unwrap();
        assert_eq!(step_of(&secret, "287 082", at(59)), Some(1));
        assert_eq!(step_of(&secret, "287082", at(59 + 30)), Some(1), "a step late");
        assert_eq!(step_of(&secret, "287082", at(59 + 60)), None);
        for wrong in ["287083", "", "28708", "2870822", "abcdef"] {
            assert_eq!(step_of(&secret, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn a_picture_is_svg_without_a_declaration() {
        let svg = picture(&new_secret().unwrap(), "bea").unwrap();
        assert!(
            svg.trim_start().starts_with("<svg") && !svg.contains("style="),
            "{}",
            svg.chars().take(200).collect::<String>()
        );
    }

    #[test]
    fn recovery_codes_are_ten_and_read_however_they_are_typed() {
        let (codes, kept) = recovery_codes().unwrap();
        assert_eq!((codes.len(), kept.len()), (10, 10));
        for code in codes {
            assert_eq!(code.len(), 19);
            assert!(kept.contains(&recovery_digest(&code.to_uppercase().replace('-', " "))));
        }
    }
}
