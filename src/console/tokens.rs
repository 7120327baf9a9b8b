//! `/console/tokens`, and the same below an organization: tokens of the REST API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};

use super::Console;
use super::answer::{Answer, done, form_again, page};
use super::failed::Failed;
use super::guard::{Posted, Visitor, Who};
use super::propose::sentence;
use super::shell::{Corner, Place};
use crate::base::Timestamp;
use crate::directory::{Actor, ListedToken, MadeToken, OrganizationAdmin, ServerAdmin, StoreError, TokenError};
use crate::identity::{Organization, TokenId, TokenName, Username};
use crate::pages::{Confirm, Done, Field, Shell, TokenForm, TokenLine, Tokens};
use crate::web::{Fields, to_the_minute, token_life, token_lives};

/// The life that is chosen already, in days.
const USUAL_LIFE: &str = "90";

/// Whoever keeps tokens, and of what.
enum Keeper<'a> {
    Server(ServerAdmin<'a>),
    Organization(Box<Organization>, OrganizationAdmin<'a>),
}

impl Keeper<'_> {
    fn path(&self) -> String {
        match self {
            Self::Server(_) => "/console/tokens".to_owned(),
            Self::Organization(organization, _) => format!("/console/organizations/{}/tokens", organization.id),
        }
    }

    fn shell(&self, console: &Console, visitor: &Visitor, query: Option<&str>) -> Shell {
        match self {
            Self::Server(_) => console.shell(visitor, Place::Tokens, query),
            Self::Organization(organization, _) => console.shell_of(visitor, organization, Corner::Tokens, query),
        }
    }

    async fn tokens(&self) -> Result<Vec<(ListedToken, Option<Username>)>, StoreError> {
        match self {
            Self::Server(admin) => admin.tokens().await,
            Self::Organization(_, admin) => admin.tokens().await,
        }
    }

    async fn make(&self, name: &TokenName, lifetime: Duration) -> Result<MadeToken, TokenError> {
        match self {
            Self::Server(admin) => admin.make_token(name, lifetime).await,
            Self::Organization(_, admin) => admin.make_token(name, lifetime).await,
        }
    }

    async fn end(&self, token: TokenId) -> Result<(), TokenError> {
        match self {
            Self::Server(admin) => admin.end_token(token).await,
            Self::Organization(_, admin) => admin.end_token(token).await,
        }
    }
}

impl Console {
    fn keeper_of(&self, visitor: &Visitor, organization: &str) -> Result<Keeper<'_>, Failed> {
        let (organization, admin) = self.organization_admin(visitor, organization)?;
        Ok(Keeper::Organization(Box::new(organization), admin))
    }

    async fn tokens_page(&self, keeper: &Keeper<'_>, visitor: &Visitor, query: Option<&str>) -> Result<Tokens, Failed> {
        let (path, now) = (keeper.path(), self.web.ambient.now());
        Ok(Tokens {
            made: None,
            refused: None,
            new: matches!(visitor.who, Who::User(_)).then(|| TokenForm {
                path: path.clone(),
                name: Field::default(),
                days: Field::of(USUAL_LIFE),
                lives: token_lives(),
            }),
            tokens: keeper.tokens().await?.into_iter().map(|token| line(token, &path, now)).collect(),
            shell: keeper.shell(self, visitor, query),
        })
    }

    async fn show_tokens(&self, keeper: &Keeper<'_>, visitor: &Visitor, query: Option<&str>) -> Answer {
        Ok(page(self.web.pages.tokens(&self.tokens_page(keeper, visitor, query).await?)))
    }

    /// Answers with the page itself, not with a redirect to it: the token is nowhere but in this answer.
    async fn make_token(&self, keeper: &Keeper<'_>, posted: &Posted) -> Answer {
        let wish = Wish::read(&posted.fields);
        let made = match &wish {
            Ok(wish) => match keeper.make(&wish.name, wish.lifetime).await {
                Ok(made) => Ok(made),
                Err(TokenError::Store(error)) => return Err(error.into()),
                Err(refused) => Err(sentence(&refused.to_string())),
            },
            Err(_) => Err(String::new()),
        };
        let mut shown = self.tokens_page(keeper, &posted.visitor, None).await?;
        match made {
            Ok(made) => {
                shown.made = Some(made.expose());
                Ok(page(self.web.pages.tokens(&shown)))
            }
            Err(refused) => {
                shown.refused = Some(refused).filter(|refused| !refused.is_empty());
                if let Some(form) = &mut shown.new {
                    form.name = Field { value: posted.fields.typed("name").to_owned(), error: wish.err() };
                    form.days = Field::of(posted.fields.typed("days"));
                }
                Ok(form_again(self.web.pages.tokens(&shown)))
            }
        }
    }

    async fn ask_to_end(&self, keeper: &Keeper<'_>, visitor: &Visitor, token: TokenId) -> Answer {
        let mut tokens = keeper.tokens().await?.into_iter().map(|(token, _)| token);
        let token = tokens.find(|other| other.id == token).ok_or(Failed::NotFound)?;
        let path = keeper.path();
        let asked = Confirm {
            shell: keeper.shell(self, visitor, None),
            title: format!("End {}", token.name),
            words: vec!["Whoever presents it is refused from then on. It cannot be brought back.".to_owned()],
            moved: false,
            impact: None,
            questions: Vec::new(),
            hidden: Vec::new(),
            action: format!("{path}/{}/end", token.id),
            button: "End token".to_owned(),
            destructive: true,
            cancel: path,
        };
        Ok(page(self.web.pages.confirm(&asked)))
    }

    async fn end_token(&self, keeper: &Keeper<'_>, token: TokenId) -> Answer {
        match keeper.end(token).await {
            Ok(()) => Ok(done(&keeper.path(), Done::Deleted)),
            Err(TokenError::Store(error)) => Err(error.into()),
            Err(_) => Err(Failed::NotFound),
        }
    }
}

/// What the form asks for.
struct Wish {
    name: TokenName,
    lifetime: Duration,
}

impl Wish {
    /// Reads the form, or says what is wrong with the name.
    fn read(fields: &Fields) -> Result<Self, String> {
        let name = TokenName::parse(fields.typed("name")).map_err(|invalid| sentence(&invalid.to_string()))?;
        Ok(Self { name, lifetime: token_life(fields).unwrap_or_default() })
    }
}

fn line((token, maker): (ListedToken, Option<Username>), path: &str, now: Timestamp) -> TokenLine {
    let maker = match (token.made_by, maker) {
        (_, Some(username)) => username.to_string(),
        (Actor::CommandLine, None) => "the command line".to_owned(),
        (other, None) => other.to_string(),
    };
    TokenLine {
        name: token.name.to_string(),
        maker,
        ends: to_the_minute(token.expires_at),
        over: token.expires_at <= now,
        used: token.last_used_at.map(to_the_minute),
        end: format!("{path}/{}/end", token.id),
    }
}

/// `GET /console/tokens`
pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let keeper = Keeper::Server(console.server_admin(&visitor)?);
    console.show_tokens(&keeper, &visitor, query.as_deref()).await
}

/// `POST /console/tokens`
pub(super) async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Answer {
    let keeper = Keeper::Server(console.server_admin(&posted.visitor)?);
    console.make_token(&keeper, &posted).await
}

/// `GET /console/tokens/{token}/end`
pub(super) async fn confirm(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Answer {
    let keeper = Keeper::Server(console.server_admin(&visitor)?);
    console.ask_to_end(&keeper, &visitor, id(&token)?).await
}

/// `POST /console/tokens/{token}/end`
pub(super) async fn end(State(console): State<Arc<Console>>, Path(token): Path<String>, posted: Posted) -> Answer {
    let keeper = Keeper::Server(console.server_admin(&posted.visitor)?);
    console.end_token(&keeper, id(&token)?).await
}

/// `GET /console/organizations/{organization}/tokens`
pub(super) async fn show_of_organization(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(organization): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let keeper = console.keeper_of(&visitor, &organization)?;
    console.show_tokens(&keeper, &visitor, query.as_deref()).await
}

/// `POST /console/organizations/{organization}/tokens`
pub(super) async fn make_of_organization(
    State(console): State<Arc<Console>>,
    Path(organization): Path<String>,
    posted: Posted,
) -> Answer {
    console.make_token(&console.keeper_of(&posted.visitor, &organization)?, &posted).await
}

/// `GET /console/organizations/{organization}/tokens/{token}/end`
pub(super) async fn confirm_of_organization(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, token)): Path<(String, String)>,
) -> Answer {
    console.ask_to_end(&console.keeper_of(&visitor, &organization)?, &visitor, id(&token)?).await
}

/// `POST /console/organizations/{organization}/tokens/{token}/end`
pub(super) async fn end_of_organization(
    State(console): State<Arc<Console>>,
    Path((organization, token)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    console.end_token(&console.keeper_of(&posted.visitor, &organization)?, id(&token)?).await
}

fn id(token: &str) -> Result<TokenId, Failed> {
    token.parse().map_err(|_| Failed::NotFound)
}
