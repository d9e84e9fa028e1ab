//! How large a request may be, and how many there may be: limits for each token, with the `RateLimit` headers of the IETF draft
//! (draft-ietf-httpapi-ratelimit-headers-10).

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use frontdesk_domain::access::TokenId;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The most bytes of a request's target.
pub const MOST_URL_BYTES: usize = 8 * 1024;
/// The most bytes of a request's headers.
pub const MOST_HEADER_BYTES: usize = 16 * 1024;
/// The most lines of a request's headers: hyper's own bound.
pub const MOST_HEADER_LINES: usize = 100;
/// The most bytes of a request's body.
pub const MOST_BODY_BYTES: usize = 16 * 1024;

/// How often one may try to sign in as a token in a minute.
pub const SIGN_INS_PER_MINUTE: RateLimit = RateLimit::PerMinute(NonZeroU32::new(20).unwrap());

/// How many requests a token may make in a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateLimit {
    /// As many as it likes.
    Off,
    /// So many.
    PerMinute(NonZeroU32),
}

impl std::str::FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            number => number.parse().map(Self::PerMinute).map_err(|_| "takes requests a minute (1 or more), or off"),
        }
    }
}

/// The limits of all tokens.
pub struct Limits(Option<Limiter>);

struct Limiter {
    per_minute: NonZeroU32,
    policy: HeaderValue,
    state: RateLimiter<TokenId, HashMapStateStore<TokenId>, DefaultClock, StateInformationMiddleware>,
}

/// What is left of a token's limit after a request; goes into the answer's headers.
#[derive(Clone, Debug)]
pub struct Allowance {
    policy: HeaderValue,
    state: HeaderValue,
    retry_after: Option<HeaderValue>,
}

impl Limits {
    /// Limits every token to `limit`.
    pub fn new(limit: RateLimit) -> Self {
        let RateLimit::PerMinute(per_minute) = limit else { return Self(None) };
        let state = RateLimiter::hashmap(Quota::per_minute(per_minute)).with_middleware();
        let policy = HeaderValue::from_str(&format!("\"minute\";q={per_minute};w=60"))
            .expect("cannot fail: a number between ASCII letters");
        Self(Some(Limiter { per_minute, policy, state }))
    }

    /// Takes one request from what the token has left. The error says when to come back.
    pub fn take(&self, token: TokenId) -> Result<Option<Allowance>, Allowance> {
        let Some(Limiter { per_minute, policy, state }) = &self.0 else { return Ok(None) };
        let allowance = |left: u32, retry_after: Option<u64>| {
            let refill =
                (u64::from(per_minute.get() - left.min(per_minute.get())) * 60).div_ceil(u64::from(per_minute.get()));
            let until = retry_after.unwrap_or(refill);
            Allowance {
                policy: policy.clone(),
                state: state_header(left, until),
                retry_after: retry_after.map(HeaderValue::from),
            }
        };
        match state.check_key(&token) {
            Ok(snapshot) => Ok(Some(allowance(snapshot.remaining_burst_capacity(), None))),
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now());
                Err(allowance(0, Some(wait.as_secs() + 1)))
            }
        }
    }
}

/// So many requests are left, and in so many seconds there will be more.
fn state_header(left: u32, until: u64) -> HeaderValue {
    let mut text = String::with_capacity(48);
    text.push_str("\"minute\";r=");
    text.push_str(itoa::Buffer::new().format(left));
    text.push_str(";t=");
    text.push_str(itoa::Buffer::new().format(until));
    HeaderValue::from_str(&text).expect("cannot fail: numbers between ASCII letters")
}

impl Allowance {
    /// Says it in the headers of an answer.
    pub fn write(self, headers: &mut HeaderMap) {
        headers.insert(POLICY, self.policy);
        headers.insert(STATE, self.state);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds);
        }
    }
}
