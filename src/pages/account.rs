//! A person's own page: who am I, what do I hold, where am I signed in.

use serde::Serialize;

use super::{Home, Page, PageError, Pages, TokensOfPrograms};

/// Everything that is somebody's own.
#[derive(Clone, Debug, Serialize)]
pub struct AccountPage {
    /// Who is signed in and what they hold.
    pub home: Home,
    /// Where they are signed in, this session first.
    pub sessions: Vec<AccountSession>,
    /// What their programs present; nothing where no application takes that.
    pub tokens: Option<TokensOfPrograms>,
    /// What was done just now, in words.
    pub done: Option<&'static str>,
}

/// One session.
#[derive(Clone, Debug, Serialize)]
pub struct AccountSession {
    /// The session.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the IdP is called it was opened through.
    pub provider: String,
    /// When it was opened, as people read it.
    pub since: String,
    /// When it was last seen, as people read it.
    pub seen: String,
}

impl Pages {
    /// A person's own page.
    ///
    /// # Errors
    /// When the template fails.
    pub fn account(&self, page: &AccountPage) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let session = |id: &str, current| AccountSession {
            id: id.into(),
            current,
            provider: "Company login".into(),
            since: "2026-11-25 08:00".into(),
            seen: "2026-11-25 18:30".into(),
        };
        let here = session("1", true);
        let sections = TokensOfPrograms::samples().map(Some);
        let homes = Home::samples().into_iter();
        homes
            .enumerate()
            .map(|(number, home)| Self {
                home,
                sessions: if number == 0 { vec![here.clone(), session("2", false)] } else { vec![here.clone()] },
                tokens: sections.get(number).cloned().flatten(),
                done: (number == 0).then_some("Signed out there."),
            })
            .collect()
    }
}
