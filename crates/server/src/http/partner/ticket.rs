//! What a sign-in gives: a JSON Web Token (RFC 7519) in the place of the token that was signed in with (ADR 16).

use std::sync::Once;

use frontdesk_domain::Timestamp;
use frontdesk_domain::access::{SecretKey, TokenId};
use frontdesk_domain::time::SECOND;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signature::{Error, Signer, Verifier};

/// The one role that there is; the vendor's clients ask for it.
pub const ROLE: &str = "ROLE_API";
/// How long a ticket is good.
const SECONDS: i64 = 24 * 3_600;

#[derive(Serialize, Deserialize)]
struct Claims {
    /// The id of the token that was signed in with.
    sub: String,
    iat: i64,
    exp: i64,
    role: String,
}

/// A ticket for who has proved that they hold the token.
pub fn issue(key: SecretKey, token: TokenId, now: Timestamp) -> String {
    let iat = now.as_micros() / SECOND;
    let claims = Claims { sub: token.to_string(), iat, exp: iat + SECONDS, role: ROLE.to_owned() };
    install();
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&key.sign_in_key()))
        .expect("cannot fail: the key is one for HMAC, and the claims are texts and numbers")
}

/// The token of a ticket that is ours and still good at `now`. Says nothing of whether the token is.
pub fn open(key: SecretKey, ticket: &str, now: Timestamp) -> Option<TokenId> {
    let mut validation = Validation::new(Algorithm::HS256);
    // By the clock of the record, below, rather than by the machine's.
    validation.validate_exp = false;
    validation.validate_aud = false;
    install();
    let key = DecodingKey::from_secret(&key.sign_in_key());
    let claims: Claims = jsonwebtoken::decode(ticket, &key, &validation).ok()?.claims;
    let good = claims.role == ROLE && now.as_micros() < claims.exp.saturating_mul(SECOND);
    good.then(|| TokenId::parse(&claims.sub)).flatten()
}

/// Gives the library the HMAC that signs and derives everything else here, in the place of a second stack of cryptography.
fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?)),
        verifier_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?)),
        key_utils: KeyUtils::new_unimplemented(),
    };
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error would say that there is one already, which can only be this.
        let _ = PROVIDER.install_default();
    });
}

/// HMAC with SHA-256 (RFC 7518, section 3.2).
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> JwtResult<Self> {
        match algorithm {
            Algorithm::HS256 => Ok(Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104)"))),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const KEY: SecretKey = SecretKey([7; 32]);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * SECOND)
    }

    fn token() -> TokenId {
        TokenId::parse("0123456789abcdef").unwrap()
    }

    fn encoded(json: &str) -> String {
        URL_SAFE_NO_PAD.encode(json)
    }

    #[test]
    fn a_ticket_is_good_for_a_day_and_under_its_key() {
        let ticket = issue(KEY, token(), at(1_700_000_000));
        let open = |key, seconds| open(key, &ticket, at(seconds));
        assert_eq!(open(KEY, 1_700_000_000), Some(token()));
        assert_eq!(open(KEY, 1_700_086_399), Some(token()));
        assert_eq!(open(KEY, 1_700_086_400), None);
        assert_eq!(open(SecretKey([8; 32]), 1_700_000_000), None);
    }

    #[test]
    fn a_ticket_that_was_tampered_with_is_none() {
        let ticket = issue(KEY, token(), at(1_700_000_000));
        let [header, claims, signature] = ticket.split('.').collect::<Vec<_>>()[..] else { panic!("{ticket}") };
        let claims_text = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let other = encoded(&claims_text.replace("0123456789abcdef", "fedcba9876543210"));
        let later = encoded(&claims_text.replace("1700086400", "1800086400"));
        let [unsigned, rsa, longer] =
            ["none", "RS256", "HS384"].map(|name| encoded(&format!(r#"{{"typ":"JWT","alg":"{name}"}}"#)));
        for wrong in [
            format!("{header}.{other}.{signature}"),
            format!("{header}.{later}.{signature}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}"),
            format!("{header}.{claims}.{signature}.{signature}"),
            format!("{header}.{claims}.{}", &signature[..42]),
            format!("{unsigned}.{claims}."),
            format!("{unsigned}.{claims}.{signature}"),
            format!("{rsa}.{claims}.{signature}"),
            format!("{longer}.{claims}.{signature}"),
            String::new(),
            "..".to_owned(),
        ] {
            assert_eq!(open(KEY, &wrong, at(1_700_000_000)), None, "{wrong}");
        }
    }
}
