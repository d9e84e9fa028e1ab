//! The documentation says of every key what the description says.

use super::keys::{Absent, FILE, LOCATION, PROVIDER, ROOM, TYPE, Table};

#[test]
fn every_key_is_documented_as_it_is() {
    let document = include_str!("../../../../docs/PRACTICE_FILE.md");
    for table in [&FILE, &LOCATION, &ROOM, &PROVIDER, &TYPE] {
        let rows = rows(table);
        assert!(document.contains(&rows), "docs/PRACTICE_FILE.md says of {} something else than:\n{rows}", table.of);
    }
}

fn rows(table: &Table) -> String {
    let mut rows = String::from("| key | takes | left out | means |\n| --- | --- | --- | --- |\n");
    for key in table.keys {
        let left_out = match key.default {
            Absent::Required if table.of == LOCATION.of => "must be here or at the top".to_owned(),
            Absent::Required => "must be there".to_owned(),
            Absent::None => "none".to_owned(),
            Absent::Value(value) => format!("`{value}`"),
            Absent::Means(words) => words.to_owned(),
        };
        let takes = key.takes.in_words();
        rows.push_str(&format!("| `{}` | {takes} | {left_out} | {} |\n", key.name, key.meaning));
    }
    rows
}
