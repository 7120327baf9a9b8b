//! From when to when a certificate is valid: the two instants in it (RFC 5280 4.1.2.5), which rustls does not show. What
//! is read here never decides whether a certificate is used.

use std::time::Duration;

use crate::base::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// When a certificate begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first instant.
    pub from: Timestamp,
    /// Its last.
    pub until: Timestamp,
}

impl Validity {
    /// Of a certificate in DER; nothing if it is none.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let mut outer = Der(certificate);
        let mut signed = Der(Der(outer.take(SEQUENCE)?).take(SEQUENCE)?);
        if signed.0.first() == Some(&VERSION) {
            signed.next()?;
        }
        // Serial number, algorithm of the signature, issuer.
        for _ in 0..3 {
            signed.next()?;
        }
        let mut validity = Der(signed.take(SEQUENCE)?);
        Some(Self { from: instant(validity.next()?)?, until: instant(validity.next()?)? })
    }

    /// How long it is valid, all in all.
    pub fn lifetime(&self) -> Duration {
        self.until.since(self.from)
    }
}

/// What is left of a run of DER values (X.690 8.1, 10.1).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value: its tag and content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        // Short, or the length of the length: four bytes are more than any file here has.
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next value, which has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn instant((tag, content): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(content).ok().filter(|text| text.is_ascii())?;
    let (century, year) = match tag {
        UTC_TIME => (if text.get(..2)? < "50" { "20" } else { "19" }, 2),
        GENERALIZED_TIME => ("", 4),
        _ => return None,
    };
    let part = |at: usize| text.get(year + at..year + at + 2);
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    let zone = text.get(year + 10..)?;
    format!("{century}{}-{month}-{day}T{hour}:{minute}:{second}{zone}", text.get(..year)?).parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    const WIKI: &[u8] = include_bytes!("../tests/wiki.crt");

    fn wiki() -> Vec<u8> {
        CertificateDer::from_pem_slice(WIKI).unwrap().to_vec()
    }

    #[test]
    fn both_instants_are_read() {
        let validity = Validity::of(&wiki()).unwrap();
        assert!(validity.from < validity.until && validity.lifetime() > Duration::from_secs(24 * 60 * 60));
        let read = |tag, text: &str| instant((tag, text.as_bytes())).map(|instant| instant.to_string());
        assert_eq!(read(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z").as_deref(), Some("2050-01-01T00:00:00Z"));
        for bad in ["", "Z", "4912312359Z", "491331235959Z", "491231235959+0100", "49123123595\u{e9}Z"] {
            assert_eq!(read(UTC_TIME, bad), None, "{bad}");
        }
        assert_eq!(read(SEQUENCE, "491231235959Z"), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Validity::of(&bytes);
        }

        #[test]
        fn nor_does_a_certificate_with_a_byte_changed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut spoilt = wiki();
            let at = at.index(spoilt.len());
            spoilt[at] = byte;
            let _ = Validity::of(&spoilt);
            let _ = Validity::of(&spoilt[..at]);
        }
    }
}
