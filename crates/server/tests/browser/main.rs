//! The booking page in a real browser: Chromium without a screen, over chromedriver. `script/test` installs both.

mod driver;
mod embedded;
mod flow;
#[path = "../it/postgres.rs"]
#[expect(dead_code, reason = "shared with the tests of the APIs, which use more of it")]
mod postgres;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the APIs, which use more of it")]
mod support;
mod trouble;
mod world;
