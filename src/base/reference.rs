//! Reference ids: what a person reads out to an admin, and what the log is searched for.

use std::fmt;

use super::Ambient;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Ten characters of Crockford's base32 in two groups, such as `7F3KQ-9QXM2`: 50 random bits, no letter that is taken
/// for a digit.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// A new reference id.
    pub fn new(ambient: &Ambient) -> Self {
        Self::of_bytes(ambient.bytes())
    }

    /// The reference id that these bytes make: the same for the same bytes.
    pub fn of_bytes(bytes: [u8; 10]) -> Self {
        let mut text = String::with_capacity(11);
        for (index, byte) in bytes.into_iter().enumerate() {
            if index == 5 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self(text)
    }

    /// Reads a reference as people type it: case does not count, nor do the letters that look like digits, nor what
    /// stands between the groups. `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut read = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let mut parsed = String::with_capacity(11);
        for index in 0..10 {
            let c = read.next().filter(|c| u8::try_from(*c).is_ok_and(|byte| ALPHABET.contains(&byte)))?;
            if index == 5 {
                parsed.push('-');
            }
            parsed.push(c);
        }
        read.next().is_none().then_some(Self(parsed))
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_people_type_it() {
        let reference = Reference::new(&Ambient::system());
        assert_eq!(Reference::parse(reference.as_str()), Some(reference.clone()));
        assert_eq!(Reference::parse(&reference.as_str().to_lowercase().replace('-', " ")), Some(reference));
        assert_eq!(Reference::parse("o1IlO-00000").unwrap().as_str(), "01110-00000");
        for none in ["", "7F3KQ", "7F3KQ-9QXM2X", "7F3KQ-9QXMU", "7F3KQ-9QXMé"] {
            assert_eq!(Reference::parse(none), None, "{none}");
        }
    }
}
