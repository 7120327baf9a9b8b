//! What came of a test sign-in, for the admin who did it.

use serde::Serialize;

use super::{Frame, Page};

/// What a provider said of somebody, and what the policies would give.
#[derive(Clone, Debug, Serialize)]
pub struct TestSignIn {
    /// What stands around it.
    pub frame: Frame,
    /// What the sign-in page calls the provider.
    pub provider: String,
    /// The provider's page in the console.
    pub back: String,
    /// Where the next test starts.
    pub again: String,
    /// Why it failed, if it did.
    pub failure: Option<TestFailure>,
    /// Who it was.
    pub person: Option<TestPerson>,
    /// What became of organizations.
    pub verdicts: Vec<VerdictLine>,
    /// How many organizations more did not match.
    pub others: usize,
    /// The claims as selectors see them, as JSON.
    pub claims: Option<String>,
    /// Whether the provider is turned off.
    pub is_off: bool,
}

/// Why a test sign-in failed.
#[derive(Clone, Debug, Serialize)]
pub struct TestFailure {
    /// The cause. Holds no secret.
    pub why: String,
    /// Under which it stands in the log.
    pub reference: String,
}

/// A person as the claims show them.
#[derive(Clone, Debug, Serialize)]
pub struct TestPerson {
    /// The account key.
    pub identifier: String,
    /// What applications would call them.
    pub username: String,
    /// The name people go by.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the provider verified it.
    pub email_verified: bool,
    /// Whether they would administer the server.
    pub server_admin: bool,
    /// What a first sign-in of theirs would come to.
    pub fate: String,
    /// Paths that failed.
    pub notes: Vec<String>,
}

/// What became of one organization.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictLine {
    /// What people call it.
    pub organization: String,
    /// `good`, `bad`, or neither.
    pub kind: &'static str,
    /// `granted`, `no match`, `no such role` or `error`.
    pub outcome: &'static str,
    /// The roles given.
    pub roles: Vec<String>,
    /// Why nothing was given, or not all.
    pub why: Option<String>,
    /// Which policies were asked.
    pub asked: String,
}

impl VerdictLine {
    /// A line of this outcome; an empty `why` is none.
    pub fn new(organization: String, outcome: &'static str, roles: Vec<String>, why: String, asked: String) -> Self {
        let kind = match outcome {
            "granted" => "good",
            "error" => "bad",
            _ => "",
        };
        Self { organization, kind, outcome, roles, why: Some(why).filter(|why| !why.is_empty()), asked }
    }
}

impl Page for TestSignIn {
    const TEMPLATE: &'static str = "login/test.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = |kind, outcome, roles: &[&str], why: &str| VerdictLine {
            organization: "Home lab".into(),
            kind,
            outcome,
            roles: roles.iter().map(|&role| role.into()).collect(),
            why: Some(why.into()).filter(|_| !why.is_empty()),
            asked: "default policy".into(),
        };
        let failed = Self {
            frame: Frame::sample(),
            provider: "Company login".into(),
            back: "/console/idps/company".into(),
            again: "/login/company/test".into(),
            failure: Some(TestFailure {
                why: "the token endpoint answered 401".into(),
                reference: "7F3KQ-9QXM2".into(),
            }),
            person: None,
            verdicts: Vec::new(),
            others: 0,
            claims: None,
            is_off: false,
        };
        let person = TestPerson {
            identifier: "248289761001".into(),
            username: "alice".into(),
            name: Some("Alice Liddell".into()),
            email: Some("alice@example.com".into()),
            email_verified: true,
            server_admin: true,
            fate: "A first sign-in makes the account, with the roles below.".into(),
            notes: Vec::new(),
        };
        let bare = TestPerson {
            name: None,
            email: None,
            server_admin: false,
            notes: vec!["name: 1".into()],
            ..person.clone()
        };
        let answered = Self {
            failure: None,
            person: Some(person.clone()),
            verdicts: vec![
                line("good", "granted", &["Admin", "Member"], ""),
                line("bad", "error", &[], "the required claim `groups` is absent"),
                line("", "no match", &[], "the org selector returned false"),
            ],
            others: 1_204,
            claims: Some("{\n  \"sub\": \"248289761001\"\n}".into()),
            ..failed.clone()
        };
        let unverified = TestPerson { email_verified: false, ..person };
        vec![
            Self { verdicts: Vec::new(), others: 0, person: Some(bare), ..answered.clone() },
            Self { person: Some(unverified), is_off: true, failure: failed.failure.clone(), ..answered.clone() },
            answered,
            failed,
        ]
    }
}
