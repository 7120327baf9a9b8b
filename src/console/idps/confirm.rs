//! Turning an IdP off and on, and deleting it.

use super::BELOW;
use super::show::people;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Proposed, Words};
use crate::directory::{Edit, EditError, Expected, ManagedIdp};
use crate::pages::Done;
use crate::web::Fields;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Enable,
    Disable,
    Delete,
}

impl Act {
    fn edit(self, idp: &ManagedIdp) -> Edit {
        let id = idp.spec.id.clone();
        match self {
            Self::Enable => Edit::IdpInForce { idp: id, live: true },
            Self::Disable => Edit::IdpInForce { idp: id, live: false },
            Self::Delete => Edit::RemoveIdp(id),
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Delete => "delete",
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Enable => "Turn on",
            Self::Disable => "Turn off",
            Self::Delete => "Delete",
        }
    }

    /// What it means, beside how many people are known there.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Enable => &["People can sign in there again."],
            Self::Disable => &[
                "Nobody can sign in there any more, and the sessions that were opened through it end at once.",
                "Accounts, policies and the client secret are kept: turning it on brings everything back.",
            ],
            Self::Delete => &[
                "Its policies go, those of organizations at it too, and with them every role that they gave.",
                "Its client secret goes, and the sessions that were opened through it end at once.",
            ],
        }
    }
}

/// `GET …/idps/{idp}/disable`
pub(in crate::console) async fn ask_disable(here: Here) -> Answer {
    here.ask_about_idp(Act::Disable).await
}

/// `POST …/idps/{idp}/disable`
pub(in crate::console) async fn disable(Sent { here, fields }: Sent) -> Answer {
    here.do_to_idp(Act::Disable, &fields).await
}

/// `GET …/idps/{idp}/delete`
pub(in crate::console) async fn ask_delete(here: Here) -> Answer {
    here.ask_about_idp(Act::Delete).await
}

/// `POST …/idps/{idp}/delete`
pub(in crate::console) async fn delete(Sent { here, fields }: Sent) -> Answer {
    here.do_to_idp(Act::Delete, &fields).await
}

/// `POST …/idps/{idp}/enable`: asked about only if it changes what somebody holds.
pub(in crate::console) async fn enable(Sent { here, fields }: Sent) -> Answer {
    here.do_to_idp(Act::Enable, &fields).await
}

impl Here {
    async fn ask_about_idp(&self, act: Act) -> Answer {
        let idp = self.idp().await?;
        let proposed = self.console.ask(self.editor(), &act.edit(&idp)).await?;
        self.idp_act(act, &idp, proposed)
    }

    async fn do_to_idp(&self, act: Act, fields: &Fields) -> Answer {
        let idp = self.idp().await?;
        let proposed = self.console.propose(self.editor(), &act.edit(&idp), Expected::Any, fields).await?;
        self.idp_act(act, &idp, proposed)
    }

    fn idp_act(&self, act: Act, idp: &ManagedIdp, proposed: Proposed) -> Answer {
        let own = self.idp_page(&idp.spec.id);
        let foreseen = match proposed {
            Proposed::Made => {
                return Ok(match act {
                    Act::Enable => done(&own, Done::Enabled),
                    Act::Disable => done(&own, Done::Disabled),
                    Act::Delete => done(&self.path(BELOW), Done::Deleted),
                });
            }
            Proposed::Ask(foreseen) => foreseen,
            // No page of ours leads to what the file declares, or to what has gone meanwhile.
            Proposed::Refused(EditError::NoSuch(_) | EditError::OutOfReach(_)) => return Err(Failed::NotFound),
            Proposed::Refused(_) => return Err(Failed::BadRequest),
        };
        let words = Words {
            title: format!("{} {}", act.verb(), idp.spec.name),
            words: [people(idp.people)].into_iter().chain(act.words().iter().map(|&words| words.to_owned())).collect(),
            button: act.verb(),
            destructive: act == Act::Delete,
            action: format!("{own}/{}", act.path()),
            cancel: own,
        };
        Ok(page(self.pages().confirm(&foreseen.page(self.idps_shell(), words, &Fields::default()))))
    }
}
