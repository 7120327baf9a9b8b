//! Pages: what people see of us, as HTML. One typed function per template; a template cannot be rendered with another
//! page's facts. Templates and stylesheet are embedded, so the binary is whole. No I/O, no decisions: whoever asks for a
//! page has already decided what it says.

mod account;
mod assets;
mod console;
mod frame;
mod home;
mod problem;
mod programs;
mod sign_in;
mod sign_out;
mod test_sign_in;
#[cfg(test)]
mod tests;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use account::{AccountPage, AccountSession};
pub use assets::{Asset, Assets, asset};
pub use console::*;
pub use frame::{Account, Action, CSRF_FIELD, Frame};
pub use home::{Home, HomeApplication, HomeOrganization};
pub use problem::Problem;
pub use programs::{TokenLineOfPrograms, TokenPlace, TokensOfPrograms};
pub use sign_in::{Choice, Choose, Welcome};
pub use sign_out::{ConfirmSignOut, Farewell, SignedOut};
pub use test_sign_in::{TestFailure, TestPerson, TestSignIn, VerdictLine};

/// A page could not be rendered: a fault of ours, never of what was asked. Its text is for the log, not for people.
#[derive(Debug, thiserror::Error)]
#[error("a page cannot be rendered: {0:#}")]
pub struct PageError(#[from] minijinja::Error);

/// The facts of one page, and the template that shows them.
trait Page: Serialize + Sized {
    /// The template. Its name ends in `.html`, which is what turns escaping on.
    const TEMPLATE: &'static str;

    /// Facts to try the template with: every branch of it is taken by one of them.
    #[cfg(test)]
    fn samples() -> Vec<Self>;
}

/// Every template, by the name other templates call it.
const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("../templates/base.html")),
    ("threshold.html", include_str!("../templates/threshold.html")),
    ("room.html", include_str!("../templates/room.html")),
    ("partials/parts.html", include_str!("../templates/partials/parts.html")),
    ("partials/tokens.html", include_str!("../templates/partials/tokens.html")),
    (Choose::TEMPLATE, include_str!("../templates/login/choose.html")),
    (Welcome::TEMPLATE, include_str!("../templates/login/welcome.html")),
    (ConfirmSignOut::TEMPLATE, include_str!("../templates/login/confirm_sign_out.html")),
    (SignedOut::TEMPLATE, include_str!("../templates/login/signed_out.html")),
    (Farewell::TEMPLATE, include_str!("../templates/login/farewell.html")),
    (TestSignIn::TEMPLATE, include_str!("../templates/login/test.html")),
    (AccountPage::TEMPLATE, include_str!("../templates/account.html")),
    (Home::TEMPLATE, include_str!("../templates/home.html")),
    (Problem::TEMPLATE, include_str!("../templates/problem.html")),
];

/// The templates. Each is parsed when it is first shown: where nobody opens the console, none of its pages lies in memory.
/// That they parse, the tests have seen.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
}

impl Default for Pages {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_global("csrf_field", CSRF_FIELD);
        environment.add_global("stylesheet", assets::versioned("vestibule.css"));
        environment.add_global("mark", assets::versioned("mark.svg"));
        environment.add_global("htmx", assets::versioned("htmx.min.js"));
        environment.set_loader(|wanted| {
            let mut templates = TEMPLATES.iter().chain(console::TEMPLATES);
            Ok(templates.find(|(name, _)| *name == wanted).map(|(_, source)| *source))
        });
        Self { environment }
    }
}

impl Pages {
    /// The chooser of identity providers.
    ///
    /// # Errors
    /// When the template fails.
    pub fn choose(&self, page: &Choose) -> Result<String, PageError> {
        self.render(page)
    }

    /// The sign-in host for somebody who is not signed in.
    ///
    /// # Errors
    /// When the template fails.
    pub fn welcome(&self, page: &Welcome) -> Result<String, PageError> {
        self.render(page)
    }

    /// What came of a test sign-in.
    ///
    /// # Errors
    /// When the template fails.
    pub fn test_sign_in(&self, page: &TestSignIn) -> Result<String, PageError> {
        self.render(page)
    }

    /// The sign-in host for somebody who is signed in.
    ///
    /// # Errors
    /// When the template fails.
    pub fn home(&self, page: &Home) -> Result<String, PageError> {
        self.render(page)
    }

    /// What is asked before a sign-out that came by GET.
    ///
    /// # Errors
    /// When the template fails.
    pub fn confirm_sign_out(&self, page: &ConfirmSignOut) -> Result<String, PageError> {
        self.render(page)
    }

    /// What is shown after a sign-out.
    ///
    /// # Errors
    /// When the template fails.
    pub fn signed_out(&self, page: &SignedOut) -> Result<String, PageError> {
        self.render(page)
    }

    /// What is shown on the way to the provider, which is signed out of too.
    ///
    /// # Errors
    /// When the template fails.
    pub fn farewell(&self, page: &Farewell) -> Result<String, PageError> {
        self.render(page)
    }

    /// A page that says what went wrong.
    ///
    /// # Errors
    /// When the template fails.
    pub fn problem(&self, page: &Problem) -> Result<String, PageError> {
        self.render(page)
    }

    fn render<P: Page>(&self, page: &P) -> Result<String, PageError> {
        Ok(self.environment.get_template(P::TEMPLATE)?.render(Serde(page))?)
    }
}
