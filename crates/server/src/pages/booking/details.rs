//! What a visitor types: whose pet it is, and what it needs. It comes along from step to step in hidden fields.

use frontdesk_domain::appointment::{normal_email, normal_phone};
use frontdesk_domain::practice::Face;
use frontdesk_domain::text::{self, TextError};

use super::views::{Field, FieldError, Species};
use crate::pages::form::Fields;
use crate::words::Words;

/// The fields of the form, in its order.
const FIELDS: [&str; 9] =
    ["first_name", "last_name", "phone", "email", "pet_name", "species", "breed", "note", "consent"];
/// Kinds of animals, as they are kept.
const SPECIES: [&str; 5] = ["dog", "cat", "rabbit", "bird", "other"];
/// The most bytes of a name.
const MOST_NAME: usize = 100;
/// The most bytes of an email address (RFC 5321, section 4.5.3.1.3, with its angle brackets).
const MOST_EMAIL: usize = 254;
/// The most bytes of a phone number, as it is written.
const MOST_PHONE: usize = 40;
/// The most bytes of a note.
const MOST_NOTE: usize = 2000;

/// The fields as they were typed; nothing in it has been checked.
#[derive(Clone, Default, Debug)]
pub struct Typed {
    values: [String; 9],
    /// Those that the form had twice, which are empty.
    doubled: Vec<&'static str>,
}

/// What was typed, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Details {
    /// First name.
    pub first_name: Box<str>,
    /// Last name.
    pub last_name: Box<str>,
    /// Phone number.
    pub phone: Box<str>,
    /// Email address.
    pub email: Box<str>,
    /// The pet's name.
    pub pet_name: Box<str>,
    /// What it is, one of [`SPECIES`].
    pub species: Box<str>,
    /// Of which breed.
    pub breed: Option<Box<str>>,
    /// Why they come.
    pub note: Option<Box<str>>,
}

/// A field and what is wrong with it.
pub type Wrong = (&'static str, String);

impl Typed {
    /// Takes the fields of the form, and no others.
    pub fn read(form: &Fields) -> Self {
        Self {
            values: FIELDS.map(|name| form.get(name).unwrap_or_default().replace("\r\n", "\n")),
            doubled: FIELDS.into_iter().filter(|name| form.is_doubled(name)).collect(),
        }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(String::is_empty)
    }

    /// What a form has to take along.
    pub fn carried(&self) -> Vec<(&'static str, String)> {
        let all = FIELDS.into_iter().zip(self.values.iter().cloned());
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// A field as it was typed.
    pub fn get(&self, name: &str) -> &str {
        place(name).map_or("", |place| &self.values[place])
    }

    /// Checks everything that was typed.
    pub fn check(&self, say: Words, face: &Face) -> Result<Details, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let details = self.check_each(say, face, &mut wrong);
        wrong.retain(|(name, _)| !self.doubled.contains(name));
        wrong.extend(self.doubled.iter().map(|name| (*name, say.text("error-twice"))));
        wrong.sort_by_key(|(name, _)| place(name));
        if wrong.is_empty() { Ok(details) } else { Err(wrong) }
    }

    fn check_each(&self, say: Words, face: &Face, wrong: &mut Vec<Wrong>) -> Details {
        let mut name = |field: &'static str, missing: &str| {
            self.required(field, MOST_NAME, missing, say).unwrap_or_else(|error| {
                wrong.push((field, error));
                Box::default()
            })
        };
        let first_name = name("first_name", "error-first-name");
        let last_name = name("last_name", "error-last-name");
        let phone = self.phone(say, face).unwrap_or_else(|error| {
            wrong.push(("phone", error));
            Box::default()
        });
        let email = self.email(say).unwrap_or_else(|error| {
            wrong.push(("email", error));
            Box::default()
        });
        let pet_name = self.required("pet_name", MOST_NAME, "error-pet-name", say).unwrap_or_else(|error| {
            wrong.push(("pet_name", error));
            Box::default()
        });
        let species = self.get("species");
        if !SPECIES.contains(&species) {
            wrong.push(("species", say.text("error-species")));
        }
        let mut optional = |field: &'static str, text: &str, most| {
            text::optional(text, most).unwrap_or_else(|error| {
                wrong.push((field, sentence(error, say)));
                None
            })
        };
        let breed = optional("breed", &in_order(self.get("breed")), MOST_NAME);
        // The lines of a note are kept, a tab is a space; other control characters are refused.
        let note = self.get("note").replace('\n', "\u{2028}").replace('\t', " ");
        let note = optional("note", &note, MOST_NOTE);
        if self.get("consent") != "yes" {
            wrong.push(("consent", say.text("error-consent")));
        }
        let note = note.map(|note| note.replace('\u{2028}', "\n").into());
        let species = species.into();
        Details { first_name, last_name, phone, email, pet_name, species, breed, note }
    }

    fn required(&self, field: &str, most: usize, missing: &str, say: Words) -> Result<Box<str>, String> {
        match text::optional(&in_order(self.get(field)), most) {
            // A name of marks that nobody sees, or that only turn others around, is none.
            Ok(Some(text)) if text.chars().any(char::is_alphanumeric) => Ok(text),
            Ok(_) => Err(say.text(missing)),
            Err(error) => Err(sentence(error, say)),
        }
    }

    fn phone(&self, say: Words, face: &Face) -> Result<Box<str>, String> {
        let code = face.calling_code();
        let help = if code == "1" { "error-phone" } else { "error-phone-international" };
        let phone = self.required("phone", MOST_PHONE, help, say)?;
        let number = normal_phone(&phone, code).map_err(|_| say.text(help))?;
        // A number of North America has ten digits (North American Numbering Plan).
        let complete = !number.starts_with("+1") || number.len() == 12;
        if complete { Ok(phone) } else { Err(say.text(help)) }
    }

    fn email(&self, say: Words) -> Result<Box<str>, String> {
        let email = self.required("email", MOST_EMAIL, "error-email", say)?;
        normal_email(&email).map(|_| email).map_err(|_| say.text("error-email"))
    }
}

/// Where a field stands in the form.
fn place(name: &str) -> Option<usize> {
    FIELDS.iter().position(|known| *known == name)
}

/// A line without the marks that make what follows read in another direction (UAX #9, section 2): with them a name could
/// turn around what stands beside it. Some address books put them around every number that is copied.
fn in_order(line: &str) -> String {
    line.chars().filter(|one| !matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect()
}

fn sentence(error: TextError, say: Words) -> String {
    match error {
        TextError::TooLong(most) => say.with("error-too-long", "most", &most.to_string()),
        TextError::Control => say.text("error-characters"),
    }
}

/// The lines of the summary, each leading to its field.
pub fn summary(wrong: &[Wrong]) -> Vec<FieldError> {
    let anchor = |name: &str| if name == "species" { format!("species-{}", SPECIES[0]) } else { name.to_owned() };
    wrong.iter().map(|(name, text)| FieldError { anchor: anchor(name), text: text.clone() }).collect()
}

/// What is wrong with a field.
pub fn error_of(wrong: &[Wrong], name: &str) -> Option<String> {
    wrong.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone())
}

/// The kinds of animals to choose from.
pub fn species(typed: &Typed, say: Words) -> Vec<Species> {
    SPECIES
        .map(|value| Species { value, name: species_name(value, say), checked: typed.get("species") == value })
        .into()
}

/// What a kind of animal is called.
pub fn species_name(value: &str, say: Words) -> String {
    match value {
        "dog" => say.text("species-dog"),
        "cat" => say.text("species-cat"),
        "rabbit" => say.text("species-rabbit"),
        "bird" => say.text("species-bird"),
        _ => say.text("species-other"),
    }
}

/// A field of the form with what was typed and what is wrong with it.
pub fn field(name: &'static str, typed: &Typed, wrong: &[Wrong], say: Words) -> Field {
    let field = Field {
        name,
        kind: "text",
        value: typed.get(name).to_owned(),
        autocomplete: "off",
        capitals: "words",
        error: error_of(wrong, name),
        ..Field::default()
    };
    match name {
        "first_name" => Field { label: say.text("details-first-name"), autocomplete: "given-name", ..field },
        "last_name" => Field { label: say.text("details-last-name"), autocomplete: "family-name", ..field },
        "phone" => Field {
            label: say.text("details-phone"),
            help: Some(say.text("details-phone-help")),
            kind: "tel",
            inputmode: "tel",
            autocomplete: "tel",
            ..field
        },
        "email" => Field {
            label: say.text("details-email"),
            help: Some(say.text("details-email-help")),
            kind: "email",
            inputmode: "email",
            autocomplete: "email",
            ..field
        },
        "pet_name" => Field { label: say.text("details-pet-name"), ..field },
        "breed" => Field { label: say.text("details-breed"), optional: true, ..field },
        _ => Field {
            label: say.text("details-note"),
            help: Some(say.text("details-note-help")),
            optional: true,
            lines: true,
            capitals: "sentences",
            ..field
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    const SAY: Words = Words { language: Language::English, twelve_hours: true };

    fn typed(changes: &[(&str, &str)]) -> Typed {
        let values = ["Ana", "Ruiz", "512 555 0100", "ana@example.com", "Biscuit", "dog", "", "", "yes"];
        let mut typed = Typed { values: values.map(str::to_owned), doubled: Vec::new() };
        for (name, value) in changes {
            (*value).clone_into(&mut typed.values[place(name).unwrap()]);
        }
        typed
    }

    fn wrong(changes: &[(&str, &str)]) -> Vec<&'static str> {
        let checked = typed(changes).check(SAY, &Face::default());
        checked.err().unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_is_good_is_kept_as_it_was_typed() {
        let details = typed(&[("note", " Limps.\nSince Sunday. "), ("first_name", "  Zoë-Mae  ")]);
        let details = details.check(SAY, &Face::default()).unwrap();
        assert_eq!(details.note.as_deref(), Some("Limps.\nSince Sunday."));
        assert_eq!((&*details.first_name, &*details.phone), ("Zoë-Mae", "512 555 0100"));
        assert!(wrong(&[("first_name", "李"), ("pet_name", "O’Malley <b>"), ("breed", "")]).is_empty());
    }

    #[test]
    fn what_only_says_how_it_looks_is_not_kept() {
        let phone = ("phone", "\u{202d}512 555 0100\u{202c}");
        let name = ("first_name", "\u{202e}\u{2067}anA\u{2069}");
        let details = typed(&[name, phone, ("breed", "\u{2066}"), ("note", "\ta\t\nb")]);
        let details = details.check(SAY, &Face::default()).unwrap();
        assert_eq!((&*details.first_name, &*details.phone, details.breed), ("anA", "512 555 0100", None));
        assert_eq!(details.note.as_deref(), Some("a \nb"));
    }

    #[test]
    fn a_field_that_is_there_twice_is_asked_for_again() {
        let typed = Typed { doubled: vec!["first_name", "note"], ..typed(&[("first_name", ""), ("email", "")]) };
        let wrong = typed.check(SAY, &Face::default()).unwrap_err();
        let expected = [("first_name", "error-twice"), ("email", "error-email"), ("note", "error-twice")];
        assert_eq!(wrong, expected.map(|(name, key)| (name, SAY.text(key))));
    }

    #[test]
    fn each_field_has_its_own_error() {
        assert_eq!(Typed::default().check(SAY, &Face::default()).unwrap_err().len(), 7);
        let long = "x".repeat(5000);
        for name in ["first_name", "last_name", "pet_name"] {
            for value in ["", "   ", "\u{202e}\u{200b}", "a\u{0}b", "\u{1b}[31m", "--", &long] {
                assert_eq!(wrong(&[(name, value)]), [name], "{value:?}");
            }
        }
        for phone in ["", "call me", "555 01", "5550100", "0000000000", "<script>", "1", &long] {
            assert_eq!(wrong(&[("phone", phone)]), ["phone"], "{phone}");
        }
        for email in ["", "ana", "ana@", "ana@example", "a b@example.com", "ana@example.com\n", &long] {
            let expected: &[&str] = if email.ends_with('\n') { &[] } else { &["email"] };
            assert_eq!(wrong(&[("email", email)]), expected, "{email}");
        }
        for species in ["", "dragon", "DOG"] {
            assert_eq!(wrong(&[("species", species)]), ["species"]);
        }
        assert_eq!(wrong(&[("breed", &long), ("note", &long), ("consent", "no")]), ["breed", "note", "consent"]);
    }
}
