//! The headers themselves: their names by preset, and what they say of one user.

use std::fmt::Write as _;
use std::iter;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::ASSERTION_HEADER;
use crate::assertion::Subject;
use crate::identity::HeaderPreset;
use crate::upstream::name;

/// The names of each preset's headers: user, groups, e-mail, and the name people go by or once more the user.
static REMOTE: [HeaderName; 4] =
    [name("remote-user"), name("remote-groups"), name("remote-email"), name("remote-name")];
static X_FORWARDED: [HeaderName; 4] = [
    name("x-forwarded-user"),
    name("x-forwarded-groups"),
    name("x-forwarded-email"),
    name("x-forwarded-preferred-username"),
];
static X_AUTH_REQUEST: [HeaderName; 4] = [
    name("x-auth-request-user"),
    name("x-auth-request-groups"),
    name("x-auth-request-email"),
    name("x-auth-request-preferred-username"),
];

/// Room for what headers tell of most people. An assertion makes its own.
const USUAL_LENGTH: usize = 256;

/// The names of a preset's headers.
pub(super) fn names(preset: HeaderPreset) -> &'static [HeaderName] {
    match preset {
        HeaderPreset::Remote => &REMOTE,
        HeaderPreset::XForwarded => &X_FORWARDED,
        HeaderPreset::XAuthRequest => &X_AUTH_REQUEST,
        HeaderPreset::None => &[],
    }
}

/// What stands behind the names of a preset, where there is something to tell: each is added to `whole`, and said how
/// long it is there. Groups are encoded one by one: no name has a comma, or space at an end
/// ([`RoleName`](crate::identity::RoleName)).
fn texts(preset: HeaderPreset, subject: &Subject<'_>, whole: &mut String) -> [Option<usize>; 4] {
    if names(preset).is_empty() {
        return [None; 4];
    }
    let mut add = |list: &mut dyn Iterator<Item = &str>| {
        let start = whole.len();
        for (index, text) in list.enumerate() {
            whole.push_str(if index == 0 { "" } else { "," });
            encode(text, whole);
        }
        whole.len() - start
    };
    let username = add(&mut iter::once(subject.username));
    let groups = add(&mut subject.groups.iter().map(|group| group.as_str()));
    let email = subject.email.map(|email| add(&mut iter::once(email)));
    let last = if preset == HeaderPreset::Remote { subject.display_name } else { Some(subject.username) };
    [Some(username), Some(groups), email, last.map(|last| add(&mut iter::once(last)))]
}

/// Everything an upstream is told of a user. All values lie in one piece of memory.
pub(super) struct Told {
    /// The values of the preset's headers, as far as there is something to tell.
    values: [Option<HeaderValue>; 4],
    assertion: HeaderValue,
}

impl Told {
    /// What is told of a subject by a preset's headers, and by the assertion that `write` adds to a text.
    pub(super) fn of<E>(
        preset: HeaderPreset,
        subject: &Subject<'_>,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut whole = String::with_capacity(USUAL_LENGTH);
        let lengths = texts(preset, subject, &mut whole);
        write(&mut whole)?;
        let mut rest = Bytes::from(whole);
        let values = lengths.map(|length| length.map(|length| shared(rest.split_to(length))));
        let mut assertion = shared(rest);
        assertion.set_sensitive(true);
        Ok(Self { values, assertion })
    }

    /// Adds it to the headers of a request.
    pub(super) fn add(&self, preset: HeaderPreset, headers: &mut HeaderMap) {
        for (name, value) in names(preset).iter().zip(&self.values) {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(ASSERTION_HEADER, self.assertion.clone());
    }
}

/// A value of what may stand in one.
fn shared(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static(""))
}

/// Adds a text as it may stand in a header value: printable ASCII stands for itself; all else, and `%` so that it can be
/// told, as percent-encoded UTF-8. A space at either end would be lost on the way, so it counts among all else.
fn encode(text: &str, whole: &mut String) {
    let stands = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'%';
    let ends_well = !text.starts_with(' ') && !text.ends_with(' ');
    if ends_well && text.bytes().all(stands) {
        return whole.push_str(text);
    }
    let last = text.len().saturating_sub(1);
    for (index, byte) in text.bytes().enumerate() {
        let is_lost = byte == b' ' && (index == 0 || index == last);
        match stands(byte) && !is_lost {
            true => whole.push(char::from(byte)),
            false => drop(write!(whole, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_outside_printable_ascii_is_percent_encoded() {
        for (text, expected) in [
            ("alice", "alice"),
            ("Alice Smith", "Alice Smith"),
            ("Zoë", "Zo%C3%AB"),
            ("100%", "100%25"),
            ("a\r\nRemote-User: root", "a%0D%0ARemote-User: root"),
            (" a ", "%20a%20"),
            ("", ""),
            ("\u{7f}", "%7F"),
        ] {
            let mut whole = String::from("before");
            encode(text, &mut whole);
            assert_eq!(whole.strip_prefix("before"), Some(expected), "{text:?}");
        }
    }
}
