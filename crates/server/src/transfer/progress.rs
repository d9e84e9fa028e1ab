//! How far a long command has come, on a terminal only: what, how much, and for how much longer.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over the bytes of a file.
pub fn over_bytes(bytes: u64) -> ProgressBar {
    bar(Some(bytes), "{bar:30} {percent:>3}%  {msg}  {bytes_per_sec}, {eta} left")
}

/// A bar over so many sessions.
pub fn over_sessions(sessions: u64) -> ProgressBar {
    bar(Some(sessions), "{bar:30} {percent:>3}%  {human_pos} of {human_len} sessions, {eta} left")
}

/// A bar over sessions for one thing after the other; its message says what is done with them.
pub fn in_stages() -> ProgressBar {
    bar(Some(0), "{bar:30} {percent:>3}%  {human_pos} of {human_len} sessions {msg}, {eta} left")
}

/// A count without a known end.
pub fn counting(what: &'static str) -> ProgressBar {
    bar(None, "{human_pos} {msg}, {elapsed}").with_message(what)
}

fn bar(length: Option<u64>, template: &str) -> ProgressBar {
    // Standard error, and nothing at all when that is not a terminal.
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(
        ProgressStyle::with_template(template).expect("cannot fail: the templates are constants").progress_chars("=> "),
    );
    bar
}
