//! A visitor of the booking page with a browser that has no script: follows links, sends forms as they are on the page.

use std::io;

use crate::client::Connection;
use crate::support::Answer;

/// A visitor on the page that was shown last.
pub struct Visitor {
    connection: Connection,
    /// The address of the page, after all that it led on to.
    pub address: String,
    /// The answer with the page.
    pub shown: Answer,
}

impl Visitor {
    /// Opens an address of the server at `127.0.0.1:PORT`.
    pub fn open(server: &str, target: &str) -> io::Result<Self> {
        let mut connection = Connection::open(server)?;
        let (address, shown) = follow(&mut connection, "GET", target, None)?;
        Ok(Self { connection, address, shown })
    }

    /// Follows a link.
    pub fn go(&mut self, target: &str) -> io::Result<()> {
        (self.address, self.shown) = follow(&mut self.connection, "GET", target, None)?;
        Ok(())
    }

    /// The first link of the page that has `part` in it.
    pub fn link(&self, part: &str) -> Option<String> {
        self.attributes("href").find(|value| value.contains(part))
    }

    /// The times on the page.
    pub fn times(&self) -> Vec<String> {
        let slots = self.shown.body.split("name=\"slot\" value=\"").skip(1);
        slots.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    fn attributes(&self, name: &str) -> impl Iterator<Item = String> {
        let before = format!(" {name}=\"");
        let values: Vec<String> = self.shown.body.split(&before).skip(1).map(unescaped).collect();
        values.into_iter()
    }

    /// Sends the form that goes to this step, with its hidden fields and these. False when the page has none.
    pub fn send(&mut self, step: &str, fields: &[(&str, &str)]) -> io::Result<bool> {
        let Some(form) = self.shown.body.split(" action=\"").skip(1).find(|rest| unescaped(rest).contains(step)) else {
            return Ok(false);
        };
        let action = unescaped(form);
        let mut body = form_urlencoded::Serializer::new(String::new());
        let form = form.split("</form>").next().unwrap_or_default();
        for hidden in form.split("<input type=\"hidden\" name=\"").skip(1) {
            if let Some((name, rest)) = hidden.split_once("\" value=\"") {
                body.append_pair(name, &unescaped(rest));
            }
        }
        body.extend_pairs(fields);
        (self.address, self.shown) = follow(&mut self.connection, "POST", &action, Some(&body.finish()))?;
        Ok(true)
    }

    /// From the first question to the appointment, at the time number `index` of those shown first. Answers whether it was
    /// made; somebody else may have been quicker.
    pub fn book(&mut self, appointment_type: &str, index: usize) -> io::Result<bool> {
        let details = [
            ("first_name", "Ana"),
            ("last_name", "Ruiz"),
            ("phone", "512 555 0100"),
            ("email", "ana@example.com"),
            ("pet_name", "Luna"),
            ("species", "dog"),
            ("consent", "yes"),
        ];
        self.send("/client", &[("client_type", "returning")])?;
        let Some(times) = self.link(&format!("/time?type={appointment_type}")) else { return Ok(false) };
        self.go(&times)?;
        let Some(slot) = self.times().into_iter().nth(index) else { return Ok(false) };
        let on =
            self.send("/hold", &[("slot", &slot)])? && self.send("/confirm", &details)? && self.send("/book", &[])?;
        Ok(on && self.shown.status == 200 && self.address.contains("/done"))
    }

    /// The id of the session.
    pub fn session(&self) -> String {
        let key = self.address.split('/').nth(3).unwrap_or_default();
        key.split('.').next().unwrap_or_default().to_owned()
    }
}

/// The text of an attribute up to its end.
fn unescaped(rest: &str) -> String {
    let value = rest.split('"').next().unwrap_or_default();
    value.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'")
}

fn follow(connection: &mut Connection, method: &str, target: &str, form: Option<&str>) -> io::Result<(String, Answer)> {
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let mut address = target.to_owned();
    let mut answer = connection.ask(method, target, &kind, form)?;
    while answer.status == 303 {
        address = answer.header("location").unwrap_or_default().to_owned();
        answer = connection.ask("GET", &address, &[], None)?;
    }
    Ok((address, answer))
}
