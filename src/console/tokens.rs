//! `/console/tokens`, and the same below an organization: tokens of the REST API.

use std::time::Duration;

use super::answer::{Answer, done, form_again, page};
use super::failed::Failed;
use super::guard::Who;
use super::here::{Here, Sent};
use super::propose::{Words, sentence};
use super::shell::{Corner, Place};
use crate::base::Timestamp;
use crate::directory::{Actor, ListedToken, TokenError};
use crate::identity::{TokenId, TokenName, Username};
use crate::pages::{Done, Field, Shell, TokenForm, TokenLine, Tokens};
use crate::web::{Fields, to_the_minute, token_life, token_lives};

/// Where tokens are.
const BELOW: &str = "/tokens";

/// The life that is chosen already, in days.
const USUAL_LIFE: &str = "90";

/// `GET …/tokens`
pub(super) async fn show(here: Here) -> Answer {
    Ok(page(here.pages().tokens(&here.tokens().await?)))
}

/// `POST …/tokens`: answers with the page itself, not with a redirect to it: the token is nowhere but in this answer.
pub(super) async fn make(Sent { here, fields }: Sent) -> Answer {
    let wish = Wish::read(&fields);
    let made = match &wish {
        Ok(wish) => match here.admin().make_token(&wish.name, wish.lifetime).await {
            Ok(made) => Ok(made),
            Err(TokenError::Store(error)) => return Err(error.into()),
            Err(refused) => Err(sentence(&refused.to_string())),
        },
        Err(_) => Err(String::new()),
    };
    let mut shown = here.tokens().await?;
    match made {
        Ok(made) => {
            shown.made = Some(made.expose());
            Ok(page(here.pages().tokens(&shown)))
        }
        Err(refused) => {
            shown.refused = Some(refused).filter(|refused| !refused.is_empty());
            if let Some(form) = &mut shown.new {
                form.name = Field { value: fields.typed("name").to_owned(), error: wish.err() };
                form.days = Field::of(fields.typed("days"));
            }
            Ok(form_again(here.pages().tokens(&shown)))
        }
    }
}

/// `GET …/tokens/{token}/end`
pub(super) async fn confirm(here: Here) -> Answer {
    let id: TokenId = here.named("token")?;
    let mut tokens = here.admin().tokens().await?.into_iter().map(|(token, _)| token);
    let token = tokens.find(|other| other.id == id).ok_or(Failed::NotFound)?;
    let path = here.path(BELOW);
    let words = Words {
        title: format!("End {}", token.name),
        words: vec!["Whoever presents it is refused from then on. It cannot be brought back.".to_owned()],
        button: "End token",
        destructive: true,
        action: format!("{path}/{}/end", token.id),
        cancel: path,
    };
    Ok(page(here.pages().confirm(&words.page(here.tokens_shell()))))
}

/// `POST …/tokens/{token}/end`
pub(super) async fn end(Sent { here, .. }: Sent) -> Answer {
    match here.admin().end_token(here.named("token")?).await {
        Ok(()) => Ok(done(&here.path(BELOW), Done::Deleted)),
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failed::NotFound),
    }
}

impl Here {
    /// The tokens, above an empty form for another. Only users make one.
    async fn tokens(&self) -> Result<Tokens, Failed> {
        let (path, now) = (self.path(BELOW), self.console.web.ambient.now());
        Ok(Tokens {
            made: None,
            refused: None,
            new: matches!(self.visitor.who, Who::User(_)).then(|| TokenForm {
                path: path.clone(),
                name: Field::default(),
                days: Field::of(USUAL_LIFE),
                lives: token_lives(),
            }),
            tokens: self.admin().tokens().await?.into_iter().map(|token| line(token, &path, now)).collect(),
            shell: self.tokens_shell(),
        })
    }

    fn tokens_shell(&self) -> Shell {
        self.shell(Place::Tokens, Corner::Tokens)
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
