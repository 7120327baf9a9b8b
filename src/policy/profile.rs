//! Who somebody is: identifier, username, e-mail, name and whether they are a server admin, read out of the claims.

use serde_json::{Map, Value};

use super::selector::{PreparedClaims, Selector, SelectorError, shorten};
use crate::claims::Claims;
use crate::identity::{Email, Idp, Username};

/// Longest identifier, in bytes: four times what OpenID Connect allows `sub` (Core 1.0, section 2), and it fits an
/// index.
const MAX_IDENTIFIER: usize = 1_024;
/// Longest e-mail address, in bytes (RFC 5321 4.5.3.1: what fits a path); a longer one is none.
const MAX_EMAIL: usize = 254;
/// Longest display name, in characters; a longer one is cut.
const MAX_DISPLAY_NAME: usize = 256;

/// A person as a sign-in shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account key at the IdP, compared byte for byte.
    pub identifier: String,
    /// The username, if an account is made now. May be taken: the directory adds a suffix.
    pub username: Username,
    /// The e-mail address, if one came that looks like one.
    pub email: Option<Email>,
    /// The name people go by.
    pub display_name: Option<String>,
    /// Whether the IdP names this person a server admin.
    pub server_admin: bool,
    /// Paths that failed, with the reason, for the log and the admin; what they were to give is absent.
    pub failed: Vec<String>,
}

/// Why nobody can be read out of the claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The identifier path gave nothing that can tell people apart.
    #[error(
        "the identifier path `{path}` gives {found}: it must give a text of 1 to {MAX_IDENTIFIER} bytes \
             without control characters"
    )]
    Identifier {
        /// The path as written.
        path: String,
        /// What it gave instead; never the content of a claim.
        found: String,
    },
    /// None of username, e-mail and identifier has a visible character.
    #[error("neither username, e-mail nor identifier has a visible character")]
    Username,
}

/// A text of the profile's, compiled. One that does not parse fails when it is asked.
#[derive(Debug)]
struct Path {
    text: String,
    selector: Result<Selector, SelectorError>,
}

/// Parses a path: a selector that is about a person and so does not use `{{orgId}}`.
pub(super) fn parse_path(text: &str) -> Result<Selector, SelectorError> {
    let selector = Selector::parse(text)?;
    if selector.uses_organization() {
        return Err(SelectorError::whole("{{orgId}} has no meaning here: this is about a person, not an organization"));
    }
    Ok(selector)
}

impl Path {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), selector: parse_path(text) }
    }

    fn ask(&self, claims: &PreparedClaims) -> Result<super::Returned, String> {
        let selector = self.selector.as_ref().map_err(ToString::to_string)?;
        selector.evaluate(claims, "").map_err(|error| error.to_string())
    }

    /// The text it gives, if it gives one that is not empty; why it fails is noted.
    fn text(&self, claims: &PreparedClaims, failed: &mut Vec<String>) -> Option<String> {
        match self.ask(claims) {
            Ok(returned) => returned.as_text().filter(|text| !text.is_empty()).map(str::to_owned),
            Err(reason) => {
                failed.push(format!("`{}`: {reason}", self.text));
                None
            }
        }
    }
}

/// How one IdP's claims are read, compiled.
#[derive(Debug)]
pub struct ProfilePaths {
    identifier: Path,
    email: Path,
    display_name: Path,
    username: Path,
    server_admin: Option<Path>,
}

impl ProfilePaths {
    /// Compiles the paths of an IdP. One that belongs to an organization names no server admins, whatever it says.
    pub(super) fn compile(idp: &Idp) -> Self {
        let paths = &idp.spec.profile;
        let global = idp.owner.is_none() && idp.spec.owner.is_none();
        Self {
            identifier: Path::new(&paths.identifier),
            email: Path::new(&paths.email),
            display_name: Path::new(&paths.display_name),
            username: Path::new(&paths.username),
            server_admin: paths.server_admin.as_deref().filter(|_| global).map(Path::new),
        }
    }

    /// Reads a person.
    ///
    /// # Errors
    /// When the identifier is no usable text, or nothing can serve as a username.
    pub fn read(&self, claims: &Claims) -> Result<Profile, ProfileError> {
        let prepared = PreparedClaims::new(claims);
        let identifier = self.identifier(&prepared)?;
        let mut failed = Vec::new();
        let email = self.email(claims, &prepared, &mut failed);
        let display_name = self.display_name.text(&prepared, &mut failed).and_then(|name| tidy(&name));
        let username = self.username.text(&prepared, &mut failed);
        let address = email.as_ref().map(|email| email.address.clone());
        let candidates = [username, address, Some(identifier.clone())];
        let username = candidates.into_iter().flatten().find_map(|name| Username::parse(&name).ok());
        let server_admin = self.names_server_admin(&prepared).unwrap_or_else(|reason| {
            failed.push(reason);
            false
        });
        let username = username.ok_or(ProfileError::Username)?;
        Ok(Profile { identifier, username, email, display_name, server_admin, failed })
    }

    /// Whether the IdP names this person a server admin, without reading who it is.
    ///
    /// # Errors
    /// Why the selector failed, for the admin.
    pub fn server_admin(&self, claims: &Claims) -> Result<bool, String> {
        self.names_server_admin(&PreparedClaims::new(claims))
    }

    fn names_server_admin(&self, claims: &PreparedClaims) -> Result<bool, String> {
        let Some(path) = &self.server_admin else { return Ok(false) };
        let asked = path.ask(claims).map_err(|reason| format!("`{}`: {reason}", path.text))?;
        Ok(asked.is_true())
    }

    fn identifier(&self, claims: &PreparedClaims) -> Result<String, ProfileError> {
        let error = |found: String| ProfileError::Identifier { path: self.identifier.text.clone(), found };
        let returned = self.identifier.ask(claims).map_err(|reason| error(format!("an error ({reason})")))?;
        match returned.as_text() {
            None => Err(error(format!("{} instead of a text", kind(&returned.to_json())))),
            Some("") => Err(error("an empty text".to_owned())),
            Some(text) if text.len() > MAX_IDENTIFIER => Err(error(format!("{} bytes", text.len()))),
            Some(text) if text.chars().any(char::is_control) => Err(error("a control character".to_owned())),
            Some(text) => Ok(text.to_owned()),
        }
    }

    fn email(&self, claims: &Claims, prepared: &PreparedClaims, failed: &mut Vec<String>) -> Option<Email> {
        let address = self.email.text(prepared, failed).filter(|address| looks_like_email(address))?;
        let verified = claims.sources().any(|source| self.verifies(source, &address));
        Some(Email { address, verified })
    }

    /// Whether one source alone shows the address and vouches for it. `email_verified` speaks of the claim `email`
    /// (Core 5.1) and of no other: an address read elsewhere, say from a name its owner may choose, counts only if
    /// `email` is the same.
    fn verifies(&self, source: &Map<String, Value>, address: &str) -> bool {
        let same = |value: Option<&Value>| value.and_then(Value::as_str) == Some(address);
        source.get("email_verified") == Some(&Value::Bool(true))
            && same(source.get("email"))
            && self.email.ask(&PreparedClaims::of_source(source)).is_ok_and(|given| given.as_text() == Some(address))
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// One `@` with something on both sides, and nothing that would end a header or a line.
fn looks_like_email(address: &str) -> bool {
    let parts = address.split_once('@');
    let whole = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    whole && address.len() <= MAX_EMAIL && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A name on one line, without control characters, of bearable length.
fn tidy(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| shorten(&line, MAX_DISPLAY_NAME))
}
