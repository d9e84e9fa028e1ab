//! `/openapi.json`: the description is reviewed like code, and says of every route what the route does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::partner::{AUSTIN, Office, abandoned};
use crate::support::{Desk, LIST};

/// What the description was when it was last looked at.
const REVIEWED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/openapi.json");
/// Set to take over what the server says now.
const ACCEPT: &str = "ACCEPT_OPENAPI";

fn description() -> (String, Value) {
    let desk = Desk::with_location(AUSTIN);
    let answer = desk.serve().ask("GET", "/openapi.json", &[], None);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let json = answer.json();
    (answer.body, json)
}

/// Every operation: its path, its method in upper case, and itself.
fn operations(description: &Value) -> Vec<(&str, String, &Value)> {
    let paths = description["paths"].as_object().expect("paths").iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("operations").iter();
            methods.map(move |(method, operation)| (path.as_str(), method.to_uppercase(), operation))
        })
        .collect()
}

#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let said = description().0 + "\n";
    if std::env::var_os(ACCEPT).is_some() {
        std::fs::write(REVIEWED, &said).expect("the file can be written");
    }
    let reviewed = std::fs::read_to_string(REVIEWED).unwrap_or_default();
    let (now, before) = (said.lines(), reviewed.lines());
    let line = now.clone().zip(before.clone()).take_while(|(now, before)| now == before).count();
    assert!(
        said == reviewed,
        "/openapi.json is no longer tests/it/openapi.json. They part at line {}:\n  before: {}\n  now:    {}\n\
         Is the change meant, and could a client of the old one live with it? Then accept it:\n  \
         {ACCEPT}=1 cargo test -p frontdesk --test it description::",
        line + 1,
        before.clone().nth(line).unwrap_or("(the end)").trim(),
        now.clone().nth(line).unwrap_or("(the end)").trim(),
    );
}

#[test]
fn the_description_is_openapi_3_1() {
    let (_, description) = description();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["title"], "Frontdesk");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let ids: Vec<_> =
        operations(&description).iter().map(|(_, _, operation)| operation["operationId"].clone()).collect();
    assert!(ids.iter().all(Value::is_string), "{ids:?}");
    let distinct: BTreeSet<String> = ids.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    // What is referred to is there.
    for reference in description.to_string().split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn every_route_is_described_with_its_methods() {
    let (_, description) = description();
    let described: Vec<String> =
        operations(&description).iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    assert_eq!(
        described.iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        [
            "GET /booking/v1/sessions/{id}/timeline",
            "GET /docs",
            "GET /healthz",
            "GET /metrics",
            "GET /openapi.json",
            "GET /readyz",
            "GET /services/core/open_api/v1/appointment_types",
            "GET /services/core/open_api/v1/appointment_types/{id}",
            "GET /services/core/open_api/v1/appointments",
            "GET /services/core/open_api/v1/appointments/{id}",
            "GET /services/core/open_api/v1/booking_sessions",
            "GET /services/core/open_api/v1/booking_sessions/{id}",
            "GET /services/core/open_api/v1/clients",
            "GET /services/core/open_api/v1/clients/{id}",
            "GET /services/core/open_api/v1/patients",
            "GET /services/core/open_api/v1/patients/{id}",
            "GET /services/core/open_api/v1/providers",
            "GET /services/core/open_api/v1/providers/{id}",
            "GET /services/core/open_api/v1/rooms",
            "GET /services/core/open_api/v1/rooms/{id}",
            "OPTIONS /booking/v1/sessions",
            "OPTIONS /booking/v1/sessions/{id}",
            "PATCH /booking/v1/sessions/{id}",
            "PATCH /booking/v1/sessions/{id}/appointment",
            "PATCH /services/core/open_api/v1/appointments/{id}",
            "POST /booking/v1/sessions",
            "POST /booking/v1/sessions/{id}/complete",
            "POST /services/core/open_api/v1/appointments",
            "POST /services/core/open_api/v1/open_times",
            "POST /services/user/v1/auth/sign-in",
        ]
    );
    let desk = Desk::with_location(AUSTIN);
    let server = desk.serve();
    for path in description["paths"].as_object().expect("paths").keys() {
        let refused = server.ask("BREW", &path.replace("{id}", "x"), &[], None);
        assert_eq!(refused.status, 405, "{path}");
        let allowed: BTreeSet<&str> = refused.header("allow").expect("an Allow header").split(',').collect();
        // Whatever takes GET takes HEAD; that is not worth a line in the description.
        let allowed: BTreeSet<String> =
            allowed.into_iter().filter(|method| *method != "HEAD").map(str::to_owned).collect();
        let of_path: BTreeSet<String> = operations(&description)
            .into_iter()
            .filter_map(|(described, method, _)| (described == path).then_some(method))
            .collect();
        assert_eq!(allowed, of_path, "{path}");
    }
}

#[test]
fn an_operation_describes_the_statuses_of_the_contract() {
    let (_, description) = description();
    let statuses = |path: &str| {
        let responses = &description["paths"][path]["get"]["responses"];
        responses.as_object().expect("responses").keys().cloned().collect::<Vec<_>>()
    };
    let common = ["200", "400", "401", "403", "413", "414", "429", "500", "503"];
    assert_eq!(statuses(LIST), common);
    assert_eq!(
        statuses(&format!("{LIST}/{{id}}")),
        ["200", "400", "401", "403", "404", "413", "414", "429", "500", "503"]
    );
    for (_, _, operation) in operations(&description).iter().filter(|(path, _, _)| path.starts_with("/services/")) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let schema = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
            assert_eq!(schema.ends_with("/FailureBody"), status != "200", "{status} {schema}");
        }
    }
}

#[test]
fn a_session_is_described_as_it_is_answered() {
    let (_, description) = description();
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    let session = office.session("a").json()["data"].clone();
    let schema = &description["components"]["schemas"]["BookingSession"];
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&schema["properties"]), keys(&session));
    let required = schema["required"].as_array().expect("required keys").iter();
    let required: BTreeSet<String> = required.map(|key| key.as_str().expect("a key").to_owned()).collect();
    assert_eq!(required, keys(&session));
    for (key, value) in session.as_object().expect("a session") {
        let nullable = schema["properties"][key].to_string().contains("\"null\"");
        let may_be_null = !["id", "status", "stage", "created_at", "updated_at"].contains(&key.as_str());
        assert_eq!(nullable, may_be_null, "{key}");
        assert!(!value.is_null() || nullable, "{key}");
    }
}
