//! What forms of our own pages say.

use url::form_urlencoded;

/// Most fields of a form: the largest of ours has a few per role of an organization.
const MAX_FIELDS: usize = 2_000;

/// What a form says, in order. A field may be there more than once, as a list of checkboxes is.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body or a query (`application/x-www-form-urlencoded`). Nothing if there are more fields than any form of
    /// ours has.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = form_urlencoded::parse(text).into_owned();
        let read: Vec<_> = fields.by_ref().take(MAX_FIELDS).collect();
        fields.next().is_none().then_some(Self(read))
    }

    /// The field as it was typed; empty if it is not there.
    pub fn typed(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The field without the space around it, if anything is left of it.
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(self.typed(name).trim()).filter(|text| !text.is_empty())
    }

    /// Every value of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Every field with its value, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Without the fields of these names, and with one in their place.
    #[must_use]
    pub fn replacing(&self, names: &[&str], with: Option<(&str, &str)>) -> Self {
        let stay = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned();
        Self(stay.chain(with.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect())
    }

    /// Whether the box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// The lines of a field, without the space around them; empty ones are left out.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.typed(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_were_typed() {
        let fields =
            Fields::parse(b"name=+Home%20lab+&role=Admin&role=Member&notes=one%0D%0A%0D%0A+two+&admin=on").unwrap();
        assert_eq!(fields.typed("name"), " Home lab ");
        assert_eq!(fields.text("name"), Some("Home lab"));
        assert_eq!(fields.all("role").collect::<Vec<_>>(), ["Admin", "Member"]);
        assert_eq!(fields.lines("notes"), ["one", "two"]);
        assert!(fields.ticked("admin") && !fields.ticked("other"));
        assert_eq!(fields.text("other"), None);
    }

    #[test]
    fn more_fields_than_any_form_has_are_no_form() {
        assert!(Fields::parse("a=1&".repeat(MAX_FIELDS).as_bytes()).is_some());
        assert!(Fields::parse("a=1&".repeat(MAX_FIELDS + 1).as_bytes()).is_none());
    }
}
