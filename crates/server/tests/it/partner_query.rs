//! The query of `GET /booking_sessions`: what is refused, with its message, and what is odd and taken all the same.

use crate::partner::{Office, send, series};
use crate::support::LIST;

const START: &str = "updated_at_start=2023-11-07T05:00:00Z";
const PAGE: &str = "page takes an integer from 0 to 9007199254740991.";
const PER_PAGE: &str = "per_page takes an integer from 1 to 1000.";
const STATUS: &str = "status takes one of active, completed, abandoned, in lower case.";
const TIME: &str = "takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z.";

/// Asserts that the query is refused with this message.
fn refused(office: &Office, query: &str, message: &str) {
    let answer = office.list(query);
    let expected = format!("400 {{\"success\":false,\"message\":\"{message}\"}}");
    assert_eq!(answer.transcript(), expected, "{query}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{query}");
}

#[test]
fn the_start_is_required() {
    let office = Office::open();
    let message = "updated_at_start is required: an ISO 8601 date-time, for example 2023-11-07T05:31:56Z.";
    for query in ["", "page=0", "updated_at_end=2023-11-07T05:31:56Z", "Updated_At_Start=2023-11-07T05:31:56Z", "&&="] {
        refused(&office, query, message);
    }
    let [token, client] = office.credentials();
    let bare = send(&office.server, "GET", LIST.as_bytes(), &[&token, &client], b"");
    assert_eq!(bare.transcript(), format!("400 {{\"success\":false,\"message\":\"{message}\"}}"));
}

#[test]
fn a_number_out_of_range_is_refused_and_never_clamped() {
    let office = Office::with(&series(1));
    for value in [
        "0", "1001", "-1", "-0", "1.5", "10.0", "10%20", "%2010", "%2B10", "+10", "1e2", "0x10", "1_000", "1,000",
        "ten",
    ] {
        refused(&office, &format!("{START}&per_page={value}"), PER_PAGE);
    }
    for value in
        ["-1", "-0", "1.5", "1%20", "%201", "%2B1", "+1", "1e2", "0x1", "null", "NaN", "first", "%D9%A1", "%EF%BC%91"]
    {
        refused(&office, &format!("{START}&page={value}"), PAGE);
    }
    for value in
        ["9007199254740992", "18446744073709551615", "18446744073709551616", "-9223372036854775809", &"9".repeat(400)]
    {
        refused(&office, &format!("{START}&page={value}"), PAGE);
        refused(&office, &format!("{START}&per_page={value}"), PER_PAGE);
    }
}

#[test]
fn a_status_that_does_not_exist_is_refused() {
    let office = Office::open();
    for value in [
        "Active",
        "ACTIVE",
        "completeD",
        "active%20",
        "%20active",
        "active,completed",
        "expired",
        "all",
        "null",
        "0",
        "*",
        "active%00",
        "%22active%22",
        "%D0%B0ctive",
        "active|completed",
    ] {
        refused(&office, &format!("{START}&status={value}"), STATUS);
    }
}

#[test]
fn a_parameter_given_twice_is_refused_by_name() {
    let office = Office::open();
    let twice = |name: &str| format!("{name} was given twice; it takes one value.");
    refused(&office, &format!("{START}&{START}"), &twice("updated_at_start"));
    let end = "updated_at_end=2023-11-08T00:00:00Z";
    refused(&office, &format!("{START}&{end}&{end}"), &twice("updated_at_end"));
    refused(&office, &format!("{START}&page=0&page=0"), &twice("page"));
    refused(&office, &format!("{START}&page=&page=0"), &twice("page"));
    refused(&office, &format!("{START}&per_page=10&per_page=20"), &twice("per_page"));
    refused(&office, &format!("{START}&per_page&per_page"), &twice("per_page"));
    refused(&office, &format!("{START}&status=active&status=completed"), &twice("status"));
    refused(&office, &format!("{START}&after=x&after=y"), &twice("after"));
    refused(&office, &format!("{START}&p%61ge=1&page=1"), &twice("page"));
}

#[test]
fn a_parameter_given_empty_is_refused_by_name() {
    let office = Office::open();
    refused(&office, "updated_at_start=", &format!("updated_at_start: {TIME}"));
    refused(&office, "updated_at_start", &format!("updated_at_start: {TIME}"));
    refused(&office, &format!("{START}&updated_at_end="), &format!("updated_at_end: {TIME}"));
    refused(&office, &format!("{START}&status="), STATUS);
    refused(&office, &format!("{START}&page="), PAGE);
    refused(&office, &format!("{START}&page"), PAGE);
    refused(&office, &format!("{START}&per_page="), PER_PAGE);
    let after = "after takes the value that the Link header of the page before gave.";
    refused(&office, &format!("{START}&after="), after);
    refused(&office, &format!("{START}&after"), after);
}

#[test]
fn an_unknown_parameter_is_ignored_whatever_it_holds() {
    let office = Office::with(&series(2));
    let plain = office.list(START).body;
    for query in [
        format!("{START}&sort=desc&sort=asc"),
        format!("limit=5&offset=&{START}&"),
        format!("&&{START}&&=&=x&x=&&"),
        format!("{START}&Page=1&PER_PAGE=1&page[]=1&page%20=1&%20page=1"),
        format!("{START}&x=%ff%fe&%ff=1&%zz=%&%"),
        format!("{START}&page%00=1&pagе=1"),
        format!("{START}&q={}", "x".repeat(7_000)),
    ] {
        let headers = office.credentials();
        assert_eq!(office.list_with(&query, &[&headers[0], &headers[1]]).body, plain, "{query}");
    }
}

#[test]
fn names_and_values_may_be_percent_encoded() {
    let office = Office::with(&series(3));
    let expected = office.list(&format!("{START}&page=1&per_page=2&status=abandoned")).body;
    assert!(expected.contains("\"id\":\"s02\""), "{expected}");
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let [start, page, per_page, status] = ["updated_at_start", "page", "per_page", "status"].map(encode);
    let [time, one, two, abandoned] = ["2023-11-07T05:00:00Z", "1", "2", "abandoned"].map(encode);
    let query = format!("{start}={time}&{page}={one}&{per_page}={two}&{status}={abandoned}");
    assert_eq!(office.list(&query).body, expected);
}

#[test]
fn bytes_that_are_not_utf_8_are_a_wrong_value() {
    let office = Office::open();
    for value in ["%ff%fe", "%c3%28", "2023-11-07T05:31:56Z%80", "%ed%a0%80", "%", "%f", "%zz"] {
        refused(&office, &format!("updated_at_start={value}"), &format!("updated_at_start: {TIME}"));
        refused(&office, &format!("{START}&page=1{value}"), PAGE);
        refused(&office, &format!("{START}&status=active{value}"), STATUS);
    }
}

#[test]
fn a_wrong_value_is_not_repeated_in_the_message() {
    let office = Office::open();
    let marker = "%3Cscript%3Ealert(1)%3C/script%3E";
    for query in [
        format!("updated_at_start={marker}"),
        format!("{START}&status={marker}"),
        format!("{START}&page={marker}"),
        format!("{START}&after={marker}"),
        format!("{START}&{marker}={marker}&{marker}={marker}&page=x"),
    ] {
        let answer = office.list(&query);
        assert_eq!(answer.status, 400);
        assert!(!answer.body.contains("script"), "{}", answer.body);
    }
}
