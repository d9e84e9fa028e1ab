//! What the binary says of itself, and to somebody who typed something else than it takes.

use crate::support::{Desk, frontdesk};

/// Every command that has a help of its own.
const COMMANDS: [&[&str]; 20] = [
    &[],
    &["demo"],
    &["serve"],
    &["apply"],
    &["location"],
    &["location", "add"],
    &["location", "list"],
    &["location", "set"],
    &["token"],
    &["token", "create"],
    &["token", "list"],
    &["token", "revoke"],
    &["sessions"],
    &["why"],
    &["import"],
    &["export"],
    &["backup"],
    &["copy"],
    &["check"],
    &["help", "token"],
];

/// Arguments that are wrong, and what is said of them.
const WRONG: [(&[&str], &str); 22] = [
    (
        &["why", "paws-austin", "checkup", "2026-12-08"],
        "'2026-12-08' for '<TIME>': takes a time such as 2026-12-08T13:30, or 2026-12-08T13:30-06:00",
    ),
    (
        &["why", "paws-austin", "checkup", "2026-12-08T13:30", "--as", "old"],
        "'old' for '--as <CLIENT>': takes new or returning",
    ),
    (
        &["location", "add", "x", "--name", "X", "--time-zone", "Chicago"],
        "'Chicago' for '--time-zone <ZONE>': there is no such time zone; takes an IANA name, for example America/Chicago",
    ),
    (
        &["location", "add", "x", "--name", "X", "--time-zone", "localtime"],
        "'localtime' for '--time-zone <ZONE>': there is no such time zone; takes an IANA name, for example America/Chicago",
    ),
    (
        &["location", "set", "x", "--session-ttl", "30"],
        "'30' for '--session-ttl <DURATION>': takes a duration, for example 30m, 1h or 48h",
    ),
    (
        &["location", "set", "x", "--session-ttl", "0s"],
        "'0s' for '--session-ttl <DURATION>': takes 1s to 168h (seven days)",
    ),
    (
        &["location", "set", "x", "--session-ttl", "169h"],
        "'169h' for '--session-ttl <DURATION>': takes 1s to 168h (seven days)",
    ),
    (
        &["location", "set", "x", "--origin", "https://paws.example/book"],
        "'https://paws.example/book' for '--origin <ORIGIN>': takes the address of a website as browsers send it: without a path, for example https://paws.example",
    ),
    (&["location", "set", "x", "--name", " "], "' ' for '--name <NAME>': takes a name"),
    (&["location", "set", "x", "--name", "a\u{1b}[2J"], "'a' for '--name <NAME>': takes no control characters"),
    (
        &["location", "set", " x"],
        "' x' for '<ID>': takes 1 to 128 bytes without control characters or surrounding spaces",
    ),
    (
        &["token", "create", "--location", "x", "--scope", "read"],
        "'read' for '--scope <SCOPE>': takes partner, booking or admin",
    ),
    (
        &["token", "create", "--location", "x", "--scope", "partner", "--note", "a\tb"],
        "'a\tb' for '--note <NOTE>': takes no control characters",
    ),
    (
        &["token", "revoke", "fd_0123"],
        "'fd_0123' for '<ID>': takes the sixteen digits that `frontdesk token list` shows, or the whole token",
    ),
    (
        &["sessions", "--location", "x", "--last", "some"],
        "'some' for '--last <N>': takes a number of sessions, or 0 for all",
    ),
    (
        &["sessions", "--location", "x", "--last", "-1"],
        "'-1' for '--last <N>': takes a number of sessions, or 0 for all",
    ),
    (
        &["sessions", "--location", "x", "--status", "Active"],
        "'Active' for '--status <STATUS>': takes active, completed or abandoned",
    ),
    (
        &["sessions", "--location", "x", "--start", "2026-11-01"],
        "'2026-11-01' for '--start <DATE-TIME>': a date needs a time and an offset, for example 2023-11-07T05:31:56Z",
    ),
    (
        &["export", "--end", "2026-11-01T00:00:00"],
        "'2026-11-01T00:00:00' for '--end <DATE-TIME>': a time needs an offset, for example 2023-11-07T05:31:56Z or 2023-11-07T07:31:56+02:00",
    ),
    (
        &["sessions", "--location", "x", "--format", "json"],
        "'json' for '--format <FORMAT>'\n  [possible values: table, csv, ndjson]",
    ),
    (
        &["serve", "--listen", "localhost:8080"],
        "'localhost:8080' for '--listen <ADDR>': takes an IP address and a port, for example 127.0.0.1:8080",
    ),
    (&["serve", "--rate-limit", "0"], "'0' for '--rate-limit <N|off>': takes requests a minute (1 or more), or off"),
];

fn help(command: &[&str]) -> String {
    let mut binary = if command.first() == Some(&"help") {
        let mut binary = frontdesk();
        binary.args(command);
        binary
    } else {
        let mut binary = frontdesk();
        binary.args(command).arg("--help");
        binary
    };
    let output = binary.env("COLUMNS", "100").output().expect("the binary runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}");
    let text = String::from_utf8(output.stdout).expect("the help is UTF-8");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn the_help_reads_as_it_was_written() {
    let mut told = String::new();
    for command in COMMANDS {
        told.push_str(&format!("$ frontdesk {}\n\n{}\n\n", [command, &["--help"]].concat().join(" "), help(command)));
    }
    insta::assert_snapshot!("help", told);
}

#[test]
fn no_line_of_the_help_is_wider_than_a_page() {
    for command in COMMANDS {
        for line in help(command).lines() {
            assert!(line.chars().count() <= 100, "{command:?}: {line}");
        }
    }
}

#[test]
fn the_version_is_the_package_s() {
    let output = frontdesk().arg("--version").output().expect("the binary runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("frontdesk ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_wrong_argument_is_named_with_what_it_takes() {
    let desk = Desk::in_file();
    for (arguments, said) in WRONG {
        let refusal = desk.refused(arguments);
        // A hint at --help follows.
        let (refusal, _) = refusal.split_once("\n\n").expect("a hint");
        assert_eq!(refusal, format!("2 error: invalid value {said}"), "{arguments:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let desk = Desk::in_file_with("paws-austin");
    let missing = |arguments: &[&str]| {
        let refusal = desk.refused(arguments);
        let (missing, _) = refusal.split_once("\n\n").expect("a usage follows");
        missing.strip_prefix("2 error: the following required arguments were not provided:\n").map(str::to_owned)
    };
    assert_eq!(missing(&["location", "add"]).as_deref(), Some("  --name <NAME>\n  --time-zone <ZONE>\n  <ID>"));
    assert_eq!(missing(&["token", "create", "--location", "paws-austin"]).as_deref(), Some("  --scope <SCOPE>"));
    let without_reach = ["token", "create", "--scope", "partner"];
    assert_eq!(missing(&without_reach).as_deref(), Some("  <--location <ID>|--all-locations>"));
    assert_eq!(missing(&["apply"]).as_deref(), Some("  <FILE>"));
    assert_eq!(missing(&["sessions"]).as_deref(), Some("  --location <ID>"));
    assert_eq!(missing(&["import"]).as_deref(), Some("  <FILE>"));
    assert_eq!(missing(&["backup"]).as_deref(), Some("  <TARGET>"));
    assert_eq!(missing(&["copy"]).as_deref(), Some("  --from <URL>\n  --to <URL>"));
}

#[test]
fn a_database_that_is_none_is_told_apart_from_one_that_is_not_there() {
    let desk = Desk::in_file();
    std::fs::write(desk.path("notes.txt"), "Buy milk.\n".repeat(1000)).expect("the file is written");
    let on = |url: &str| desk.refused(&["token", "list", "--database", url]);
    for url in ["frontdesk.db", "sqlite:"] {
        let takes =
            "--database takes sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, for example sqlite:frontdesk.db";
        assert_eq!(on(url), format!("1 error: {takes}, not {url}"));
    }
    assert_eq!(
        on("postgres://localhost:port/record"),
        "1 error: --database: invalid connection string: invalid value for option `port`"
    );
    let tls = on("postgres://localhost/record?sslmode=require");
    assert!(tls.starts_with("1 error: --database: sslmode=require"), "{tls}");
    assert_eq!(
        on("sqlite:none.db"),
        "1 error: there is no database at none.db; `frontdesk location add` makes one, or name another with --database"
    );
    assert_eq!(on("sqlite:notes.txt"), "1 error: notes.txt is not a Frontdesk database");
    assert_eq!(on("sqlite:."), "1 error: cannot open the database: unable to open database file: .");
    assert!(!desk.path("none.db").exists(), "looking makes nothing");
}

#[test]
fn nobody_listening_is_no_reason_to_panic() {
    let desk = Desk::in_file_with("paws-austin");
    let cases: [(&[&str], i32); 5] = [
        (&["--help"], 0),
        (&["location", "list"], 0),
        (&["location", "set", "paws-austin"], 1),
        (&["token", "create", "--scope", "partner", "--location", "paws-austin"], 0),
        (&["sessions", "--location", "paws-austin"], 0),
    ];
    for (arguments, status) in cases {
        let (gone, output) = std::io::pipe().expect("a pipe");
        drop(gone);
        let also = output.try_clone().expect("the pipe's end once more");
        let mut command = desk.command(arguments);
        let ended = command.stdout(output).stderr(also).status().expect("the binary runs");
        assert_eq!(ended.code(), Some(status), "{arguments:?}");
    }
}
