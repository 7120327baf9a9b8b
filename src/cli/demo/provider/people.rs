//! Who one can be.

use serde_json::{Value, json};

/// A person of the demonstration.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// The username.
    pub username: &'static str,
    /// The subject: stable, and not the username, as with real providers.
    pub sub: &'static str,
    /// The full name.
    pub name: &'static str,
    /// The e-mail address; verified.
    pub email: &'static str,
    /// The groups.
    pub groups: &'static [&'static str],
}

/// Everyone there is.
pub static PEOPLE: [Person; 3] = [
    Person {
        username: "alice",
        sub: "demo-0001",
        name: "Alice Adams",
        email: "alice@demo.example",
        groups: &["admin", "home-lab"],
    },
    Person { username: "bob", sub: "demo-0002", name: "Bob Baker", email: "bob@demo.example", groups: &["home-lab"] },
    Person { username: "carol", sub: "demo-0003", name: "Carol Clark", email: "carol@demo.example", groups: &[] },
];

impl Person {
    /// The person of this username.
    pub(super) fn named(username: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.username == username)
    }

    /// What the provider says about the person, in the ID token and at userinfo alike.
    pub(super) fn claims(&self) -> Value {
        json!({
            "sub": self.sub,
            "preferred_username": self.username,
            "name": self.name,
            "email": self.email,
            "email_verified": true,
            "groups": self.groups,
        })
    }
}
