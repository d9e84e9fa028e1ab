//! What a visitor finds on a page: its forms, its links, the stage that it belongs to. It reads the pages of this server, not
//! those of the world.

/// A page.
#[derive(Debug)]
pub struct Page(String);

/// A form: where it goes, and what it takes there without being asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// Its address.
    pub action: String,
    /// Names and values of its hidden fields.
    pub hidden: Vec<(String, String)>,
}

impl Page {
    /// Of this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The form that goes to a step of this name.
    pub fn form(&self, step: &str) -> Option<Form> {
        let mut tags = tags(&self.0).skip_while(|tag| {
            !(tag.starts_with("form ") && attribute(tag, "action").is_some_and(|action| leads_to(&action, step)))
        });
        let action = attribute(tags.next()?, "action")?;
        let inputs = tags.take_while(|tag| *tag != "/form").filter(|tag| tag.starts_with("input type=\"hidden\""));
        let hidden = inputs.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect();
        Some(Form { action, hidden })
    }

    /// Where its links to a step of this name lead.
    pub fn links(&self, step: &str) -> Vec<String> {
        let links = tags(&self.0).filter(|tag| tag.starts_with("a ")).filter_map(|tag| attribute(tag, "href"));
        links.filter(|target| leads_to(target, step)).collect()
    }

    /// The values of the buttons of this name.
    pub fn buttons(&self, name: &str) -> Vec<String> {
        let buttons = tags(&self.0).filter(|tag| tag.starts_with("button "));
        let named = buttons.filter(|tag| attribute(tag, "name").as_deref() == Some(name));
        named.filter_map(|tag| attribute(tag, "value")).collect()
    }
}

/// Whether a path's last part is the step.
fn leads_to(target: &str, step: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').next() == Some(step)
}

/// What stands between `<` and `>`, one tag after the other.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", "\""))
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_page_s_ways_on_are_found() {
        let page = Page::new(
            r#"<a class="choice" href="/book/a/v/time?type=sick&#38;provider=lee">Sick</a>
               <form class="x" method="post" action="/book/a/v/hold?type=sick"><input type="hidden" name="a" value="b">
               <button name="slot" value="s-1">9:00</button></form><input type="hidden" name="c" value="d">"#
                .to_owned(),
        );
        assert_eq!(page.links("time"), ["/book/a/v/time?type=sick&provider=lee"]);
        assert_eq!(page.links("tim"), Vec::<String>::new());
        let form = page.form("hold").unwrap();
        assert_eq!(
            (form.action.as_str(), form.hidden),
            ("/book/a/v/hold?type=sick", vec![("a".to_owned(), "b".to_owned())])
        );
        assert_eq!(page.form("book"), None);
        assert_eq!(page.buttons("slot"), ["s-1"]);
    }
}
