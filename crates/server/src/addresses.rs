//! Limits for each address: how many sessions it may start, and how many times it may have held, in a minute.
//!
//! Nobody who books needs more than a few, so a limit only meets a machine that would fill the record or block a practice's
//! day. An address of this machine is not limited: it is the operator's own tool, or a proxy that nobody has named, behind
//! which all visitors would share one limit.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::App;
use crate::limits::RateLimit;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// After so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 1024;

/// Who is at the other end of a connection; put into every request by whoever accepts it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address(IpAddr);

/// Come back in so many seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany(pub u64);

/// The limits of all addresses.
pub struct Addresses {
    proxies: Vec<IpAddr>,
    starts: Limiter,
    holds: Limiter,
}

impl Addresses {
    /// Limits starts and holds; `proxies` are those whose `X-Forwarded-For` is believed.
    pub fn new(starts: RateLimit, holds: RateLimit, proxies: Vec<IpAddr>) -> Self {
        let proxies = proxies.into_iter().map(|proxy| proxy.to_canonical()).collect();
        Self { proxies, starts: Limiter::new(starts), holds: Limiter::new(holds) }
    }

    /// Takes a start of a session from what the address has left. The error says when to come back.
    pub fn take_start(&self, address: Address) -> Result<(), TooMany> {
        self.starts.take(address)
    }

    /// Takes a hold from what the address has left. The error says when to come back.
    pub fn take_hold(&self, address: Address) -> Result<(), TooMany> {
        self.holds.take(address)
    }

    /// Where a request comes from: its peer, or whom the nearest trusted proxies say they speak for.
    fn locate(&self, peer: IpAddr, headers: &HeaderMap) -> Address {
        let mut address = peer.to_canonical();
        let told = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let mut told: Vec<&str> = told.flat_map(|value| value.split(',')).collect();
        if !told.is_empty() && !self.proxies.contains(&address) && !address.is_loopback() {
            warn_of_unnamed_proxy(address);
        }
        // Each proxy adds at the end whom it heard from, so what is left of the first that is not trusted may be made up.
        while self.proxies.contains(&address) {
            let Some(earlier) = told.pop().and_then(|text| text.trim().parse::<IpAddr>().ok()) else { break };
            address = earlier.to_canonical();
        }
        Address(address)
    }
}

fn warn_of_unnamed_proxy(address: IpAddr) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(%address, "requests come with X-Forwarded-For from an address that is not a --trusted-proxy");
    });
}

impl FromRequestParts<std::sync::Arc<App>> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &std::sync::Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app))
    }
}

impl Address {
    /// Where a request comes from; one without a connection, from this machine.
    pub fn of(parts: &Parts, app: &App) -> Self {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::LOCALHOST), |peer| peer.0);
        app.addresses.locate(peer, &parts.headers)
    }
}

struct Limiter {
    state: Option<DefaultKeyedRateLimiter<IpAddr>>,
    taken: AtomicU32,
}

impl Limiter {
    fn new(limit: RateLimit) -> Self {
        let state = match limit {
            RateLimit::Off => None,
            RateLimit::PerMinute(number) => Some(RateLimiter::keyed(Quota::per_minute(number))),
        };
        Self { state, taken: AtomicU32::new(0) }
    }

    fn take(&self, Address(address): Address) -> Result<(), TooMany> {
        let Some(state) = self.state.as_ref().filter(|_| !address.is_loopback()) else { return Ok(()) };
        if self.taken.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            state.retain_recent();
            state.shrink_to_fit();
        }
        state.check_key(&household(address)).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            TooMany(wait.as_secs() + 1)
        })
    }
}

/// What one customer of a provider has: an IPv4 address, or the 64 bits before an IPv6 one's interface (RFC 4291, section
/// 2.5.1).
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use axum::http::HeaderValue;

    use super::*;

    fn limited(proxies: &[&str]) -> Addresses {
        let two = RateLimit::PerMinute(NonZeroU32::new(2).unwrap());
        Addresses::new(two, two, proxies.iter().map(|proxy| proxy.parse().unwrap()).collect())
    }

    fn located(proxies: &[&str], peer: &str, told: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for told in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(told));
        }
        limited(proxies).locate(peer.parse().unwrap(), &headers).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(located(&[], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(located(&["192.0.2.1"], "192.0.2.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(located(&["192.0.2.1"], "192.0.2.1", &["made, up, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            located(&["192.0.2.1", "192.0.2.2"], "192.0.2.1", &["198.51.100.1", "203.0.113.9, 192.0.2.2"]),
            "203.0.113.9"
        );
        assert_eq!(located(&["192.0.2.1"], "::ffff:192.0.2.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
        for nonsense in ["", "unknown", "203.0.113.9:80", "203.0.113.9, _hidden"] {
            assert_eq!(located(&["192.0.2.1"], "192.0.2.1", &[nonsense]), "192.0.2.1", "{nonsense}");
        }
    }

    #[test]
    fn each_household_has_its_own_limit_and_this_machine_none() {
        let addresses = limited(&[]);
        let take = |text: &str| addresses.take_start(Address(text.parse().unwrap())).is_ok();
        assert!(take("203.0.113.9") && take("203.0.113.9") && !take("203.0.113.9"));
        assert!(take("203.0.113.10"));
        assert!(take("2001:db8::1") && take("2001:db8::2") && !take("2001:db8::ffff:3"));
        assert!(take("2001:db8:0:1::1"));
        assert!((0..50).all(|_| take("127.0.0.1") && take("::1")));
        assert!(addresses.take_hold(Address("203.0.113.9".parse().unwrap())).is_ok());
    }

    #[test]
    fn off_is_off() {
        let addresses = Addresses::new(RateLimit::Off, RateLimit::Off, Vec::new());
        assert!((0..5000).all(|_| addresses.take_start(Address("203.0.113.9".parse().unwrap())).is_ok()));
    }
}
