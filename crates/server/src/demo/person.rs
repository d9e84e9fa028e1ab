//! Made-up owners and their animals.

use fastrand::Rng;

const FIRST_NAMES: [&str; 12] =
    ["Ana", "Ben", "Carla", "David", "Elena", "Frank", "Grace", "Hugo", "Irene", "James", "Luc\u{ed}a", "Maya"];
const LAST_NAMES: [&str; 12] = [
    "Ruiz",
    "Smith",
    "Garc\u{ed}a",
    "Nguyen",
    "Walker",
    "Moreno",
    "Patel",
    "Johnson",
    "Torres",
    "Kim",
    "Baker",
    "Navarro",
];
const PETS: [(&str, &str); 10] = [
    ("Luna", "dog"),
    ("Max", "dog"),
    ("Coco", "cat"),
    ("Milo", "cat"),
    ("Bella", "dog"),
    ("Nala", "cat"),
    ("Thor", "dog"),
    ("Kiwi", "bird"),
    ("Copito", "rabbit"),
    ("Simba", "cat"),
];

/// An owner with an animal.
#[derive(Debug)]
pub struct Person {
    first_name: &'static str,
    last_name: &'static str,
    phone: String,
    email: String,
    pet: (&'static str, &'static str),
}

impl Person {
    /// Somebody. Their number is one of those that are nobody's (555-0100 to 555-0199), their address one of example.com.
    pub fn make_up(random: &mut Rng) -> Self {
        let (first_name, last_name) = (FIRST_NAMES[random.usize(..12)], LAST_NAMES[random.usize(..12)]);
        let number = random.u32(200..990);
        let plain = |name: &str| name.to_lowercase().replace('\u{ed}', "i");
        Self {
            first_name,
            last_name,
            phone: format!("+1 {number} 555 01{:02}", random.u32(0..100)),
            email: format!("{}.{}{number}@example.com", plain(first_name), plain(last_name)),
            pet: PETS[random.usize(..10)],
        }
    }

    /// What they write into the form.
    pub fn fields(&self) -> [(&str, &str); 7] {
        [
            ("first_name", self.first_name),
            ("last_name", self.last_name),
            ("phone", &self.phone),
            ("email", &self.email),
            ("pet_name", self.pet.0),
            ("species", self.pet.1),
            ("consent", "yes"),
        ]
    }
}
