//! Turning an IdP off and on, and deleting it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::scope::{Named, Scope};
use super::show::people;
use crate::console::Console;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Asked, Proposed};
use crate::directory::{Edit, EditError, Expected, ManagedIdp};
use crate::pages::{Confirm, Done};
use crate::web::Fields;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Disable,
    Delete,
}

impl Act {
    fn edit(self, idp: &ManagedIdp) -> Edit {
        let id = idp.spec.id.clone();
        match self {
            Self::Disable => Edit::IdpInForce { idp: id, live: false },
            Self::Delete => Edit::RemoveIdp(id),
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Delete => "delete",
        }
    }
}

/// `GET …/idps/{idp}/disable`
pub(in crate::console) async fn ask_disable(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(named): Path<Named>,
) -> Answer {
    console.ask_about_idp(&visitor, &named, Act::Disable).await
}

/// `POST …/idps/{idp}/disable`
pub(in crate::console) async fn disable(
    State(console): State<Arc<Console>>,
    Path(named): Path<Named>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    console.do_to_idp(&visitor, &named, Act::Disable, &fields).await
}

/// `GET …/idps/{idp}/delete`
pub(in crate::console) async fn ask_delete(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(named): Path<Named>,
) -> Answer {
    console.ask_about_idp(&visitor, &named, Act::Delete).await
}

/// `POST …/idps/{idp}/delete`
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path(named): Path<Named>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    console.do_to_idp(&visitor, &named, Act::Delete, &fields).await
}

/// `POST …/idps/{idp}/enable`: nobody loses by it, so nothing is asked.
pub(in crate::console) async fn enable(
    State(console): State<Arc<Console>>,
    Path(named): Path<Named>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    let scope = console.idps_of(&visitor, &named)?;
    let idp = scope.find(&named).await?;
    let edit = Edit::IdpInForce { idp: idp.spec.id.clone(), live: true };
    let path = format!("{}/{}", scope.base(), idp.spec.id);
    match console.propose(scope.hands, &edit, Expected::Any, &fields).await? {
        Proposed::Made => Ok(done(&path, Done::Enabled)),
        Proposed::Ask(asked) => {
            Ok(console.idp_question(&scope, &visitor, "Turn on", "enable", &idp, Vec::new(), asked))
        }
        Proposed::Refused(refused) => Err(unfit(&refused)),
    }
}

impl Console {
    async fn ask_about_idp(&self, visitor: &Visitor, named: &Named, act: Act) -> Answer {
        let scope = self.idps_of(visitor, named)?;
        let idp = scope.find(named).await?;
        match self.ask(scope.hands, &act.edit(&idp)).await? {
            Proposed::Ask(asked) => Ok(self.idp_act(&scope, visitor, act, &idp, asked)),
            Proposed::Refused(refused) => Err(unfit(&refused)),
            Proposed::Made => Err(Failed::BadRequest),
        }
    }

    async fn do_to_idp(&self, visitor: &Visitor, named: &Named, act: Act, fields: &Fields) -> Answer {
        let scope = self.idps_of(visitor, named)?;
        let idp = scope.find(named).await?;
        match self.propose(scope.hands, &act.edit(&idp), Expected::Any, fields).await? {
            Proposed::Made => Ok(match act {
                Act::Delete => done(&scope.base(), Done::Deleted),
                Act::Disable => done(&format!("{}/{}", scope.base(), idp.spec.id), Done::Disabled),
            }),
            Proposed::Ask(asked) => Ok(self.idp_act(&scope, visitor, act, &idp, asked)),
            Proposed::Refused(refused) => Err(unfit(&refused)),
        }
    }

    fn idp_act(&self, scope: &Scope<'_>, visitor: &Visitor, act: Act, idp: &ManagedIdp, asked: Asked) -> Response {
        let (verb, words) = match act {
            Act::Disable => (
                "Turn off",
                [
                    "Nobody can sign in there any more, and the sessions that were opened through it end at once.",
                    "Accounts, policies and the client secret are kept: turning it on brings everything back.",
                ],
            ),
            Act::Delete => (
                "Delete",
                [
                    "Its policies go, those of organizations at it too, and with them every role that they gave.",
                    "Its client secret goes, and the sessions that were opened through it end at once.",
                ],
            ),
        };
        let mut words: Vec<String> = words.map(str::to_owned).to_vec();
        words.insert(0, people(idp.people));
        self.idp_question(scope, visitor, verb, act.path(), idp, words, asked)
    }

    #[expect(clippy::too_many_arguments, reason = "one page, of parts that come from different places")]
    fn idp_question(
        &self,
        scope: &Scope<'_>,
        visitor: &Visitor,
        verb: &str,
        path: &str,
        idp: &ManagedIdp,
        words: Vec<String>,
        asked: Asked,
    ) -> Response {
        let base = format!("{}/{}", scope.base(), idp.spec.id);
        page(self.web.pages.confirm(&Confirm {
            shell: scope.shell(self, visitor, None),
            title: format!("{verb} {}", idp.spec.name),
            words,
            moved: asked.moved,
            impact: Some(asked.impact),
            questions: asked.questions,
            hidden: vec![asked.hidden],
            action: format!("{base}/{path}"),
            button: verb.to_owned(),
            destructive: path == Act::Delete.path(),
            cancel: base,
        }))
    }
}

/// What no page of ours leads to: what the file declares, and what has gone meanwhile.
fn unfit(refused: &EditError) -> Failed {
    match refused {
        EditError::NoSuch(_) | EditError::OutOfReach(_) => Failed::NotFound,
        _ => Failed::BadRequest,
    }
}
