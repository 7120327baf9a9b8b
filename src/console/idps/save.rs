//! Adding and changing an IdP: what was typed is looked up, checked, shown for what it would do, and kept.

use axum::response::Response;

use super::BELOW;
use super::form::{Draft, auth_word};
use super::look::found;
use super::preset::Preset;
use super::show::test_of;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Foreseen, Proposed, Words};
use crate::console::typed::sentence;
use crate::directory::{Edit, EditError, Expected, ManagedIdp, SealedSecret, SecretEdit};
use crate::identity::{ClientAuth, IdpId, IdpSpec, Issuer, text};
use crate::oidc::{Preview, preview};
use crate::pages::{Confirm, Done, Field, IdpForm, SecretField};
use crate::web::Fields;

/// What is never carried from page to page as it was typed.
const SECRET: &str = "client_secret";
/// How it is carried instead.
const SEALED: &str = "sealed_secret";

/// An IdP under way: whose it is and who is at it, what was typed, and which one it is.
struct Work<'a> {
    here: &'a Here,
    form: &'a Fields,
    id: IdpId,
    /// What is kept of it, unless it is new.
    kept: Option<&'a ManagedIdp>,
}

/// `POST …/idps/_new`
pub(in crate::console) async fn add(Sent { here, fields: form }: Sent) -> Answer {
    match IdpId::parse(form.typed("id").trim()).map_err(|error| error.to_string()) {
        Ok(id) if form.typed("step") != "start" => Work { here: &here, form: &form, id, kept: None }.go_on().await,
        id => start(&here, &form, id).await,
    }
}

/// `GET …/idps/{idp}/edit`
pub(in crate::console) async fn edit(here: Here) -> Answer {
    let (idp, form) = (here.idp().await?, Fields::default());
    let work = Work { here: &here, form: &form, id: idp.spec.id.clone(), kept: Some(&idp) };
    let draft = Draft::of(&idp, &here.console.live());
    Ok(page(here.pages().idp_form(&work.page(draft, work.secret_field(None)))))
}

/// `POST …/idps/{idp}/edit`
pub(in crate::console) async fn change(Sent { here, fields: form }: Sent) -> Answer {
    let idp = here.idp().await?;
    Work { here: &here, form: &form, id: idp.spec.id.clone(), kept: Some(&idp) }.go_on().await
}

/// The first step: name, id and issuer. The provider is asked, and the rest of the form is filled in.
async fn start(here: &Here, form: &Fields, id: Result<IdpId, String>) -> Answer {
    let preset = Preset::of(form.typed("preset"));
    let field = |name| Field::of(form.typed(name).trim());
    let mut start = here.idp_start(preset, [field("name"), field("id"), field("issuer")]);
    start.name.error = text::label(&start.name.value).err().map(|error| error.to_string());
    start.id.error = id.as_ref().err().cloned();
    let looked_up = look_up(here, &start.issuer.value).await;
    start.issuer.error = looked_up.as_ref().err().cloned();
    let (Ok(id), Ok(preview), None) = (id, looked_up, &start.name.error) else {
        return Ok(form_again(here.pages().idp_start(&start)));
    };
    let mut draft = Draft::new(preset, (&id, here.owner_id()), &start.name.value, &preview.issuer);
    draft.take(&preview);
    let work = Work { here, form, id, kept: None };
    let filled = IdpForm { found: Some(found(&preview)), ..work.page(draft, work.secret_field(None)) };
    Ok(page(here.pages().idp_form(&filled)))
}

/// Asks a provider, as far and as often as this visitor may have us go; else says why not.
async fn look_up(here: &Here, issuer: &str) -> Result<Preview, String> {
    let wait = |seconds| format!("You have looked up much in a short time. Try again in {seconds} s.");
    here.console.web.errands.take(here.visitor.actor(), 1).map_err(wait)?;
    preview(issuer, here.console.http.to(here.addresses())).await.map_err(|error| sentence(&error.to_string()))
}

impl Work<'_> {
    /// The whole form: looked up again, or kept.
    async fn go_on(&self) -> Answer {
        if self.form.typed("step") == "find" {
            return self.look_up_again(Draft::typed(self.form, self.here.organization.is_none())).await;
        }
        let draft = Draft::read(self.form, &self.id, self.here.owner_id(), &self.here.console.live());
        let secret = self.secret(&draft);
        match (draft.spec.clone(), secret) {
            (Some(spec), Ok(secret)) => self.save(draft, spec, secret).await,
            (_, secret) => {
                // Under an issuer that is none there is no secret either: one thing after the other.
                let error = secret.as_ref().err().filter(|_| draft.fields.issuer.error.is_none()).cloned();
                let field = SecretField { error, ..self.secret_field(secret.ok()) };
                Ok(self.refused(draft, field, None))
            }
        }
    }

    /// What the provider tells of itself now. Whether the rest is right is asked when it is to be kept.
    async fn look_up_again(&self, mut draft: Draft) -> Answer {
        let secret = self.secret_field(self.secret(&draft).ok());
        match look_up(self.here, self.form.typed("issuer")).await {
            Ok(preview) => {
                draft.take(&preview);
                let form = IdpForm { found: Some(found(&preview)), ..self.page(draft, secret) };
                Ok(page(self.here.pages().idp_form(&form)))
            }
            Err(error) => {
                draft.fields.issuer.error = Some(error);
                Ok(self.refused(draft, secret, None))
            }
        }
    }

    /// Keeps it, or shows first what that would do.
    async fn save(&self, draft: Draft, spec: IdpSpec, secret: SecretEdit) -> Answer {
        let expected = match self.form.text("revision") {
            Some(revision) => Expected::Seen(revision.parse().map_err(|_| Failed::BadRequest)?),
            None => Expected::Absent,
        };
        let edit = Edit::Idp { spec: Box::new(spec), secret: secret.clone() };
        let problem = match self.here.console.propose(self.here.editor(), &edit, expected, self.form).await? {
            Proposed::Made => {
                let made = if self.kept.is_some() { Done::Saved } else { Done::Created };
                return Ok(done(&self.here.idp_page(&self.id), made));
            }
            Proposed::Ask(foreseen) => return Ok(page(self.here.pages().confirm(&self.confirm(foreseen, &secret)))),
            Proposed::Refused(EditError::Taken(_)) => {
                format!("There is a provider {} already: go back and choose another id.", self.id)
            }
            Proposed::Refused(refused) => sentence(&refused.to_string()),
        };
        Ok(self.refused(draft, self.secret_field(Some(secret)), Some(problem)))
    }

    fn refused(&self, draft: Draft, secret: SecretField, problem: Option<String>) -> Response {
        form_again(self.here.pages().idp_form(&IdpForm { problem, ..self.page(draft, secret) }))
    }

    fn page(&self, draft: Draft, secret: SecretField) -> IdpForm {
        let preset = Preset::of(self.form.typed("preset"));
        let (action, cancel) = self.addresses();
        let steps = if self.kept.is_none() { preset.steps } else { &[] };
        IdpForm {
            shell: self.here.idps_shell(),
            id: self.id.to_string(),
            problem: None,
            steps: steps.iter().map(|&step| step.to_owned()).collect(),
            preset: preset.id.to_owned(),
            redirect_uri: self.here.console.web.public_url.redirect_uri(&self.id),
            found: None,
            fields: draft.fields,
            secret,
            global: draft.global,
            test: self.kept.and_then(test_of),
            revision: self.kept.map(|kept| kept.revision.to_string()),
            action,
            cancel,
        }
    }

    /// What the change would do, with everything that was typed carried along: the secret sealed.
    fn confirm(&self, foreseen: Foreseen, secret: &SecretEdit) -> Confirm {
        let (action, cancel) = self.addresses();
        let sealed = match secret {
            SecretEdit::Set(sealed) => Some((SEALED, sealed.as_str())),
            SecretEdit::Keep => None,
        };
        let words = Words {
            title: format!("Change {}", self.form.typed("name").trim()),
            words: Vec::new(),
            button: "Save",
            destructive: false,
            action,
            cancel,
        };
        foreseen.page(self.here.idps_shell(), words, &self.form.replacing(&[SECRET, SEALED], sealed))
    }

    /// Where the form is sent, and where to go instead.
    fn addresses(&self) -> (String, String) {
        let own = self.here.idp_page(&self.id);
        match self.kept {
            Some(_) => (format!("{own}/edit"), own),
            None => (self.here.path(&format!("{BELOW}/_new")), self.here.path(BELOW)),
        }
    }

    /// What becomes of the secret: the one that was typed just now, or before, or the one that is kept. Without an
    /// issuer there is nothing to seal it for.
    fn secret(&self, draft: &Draft) -> Result<SecretEdit, String> {
        let console = &self.here.console;
        let sealing = &console.keys.sealing;
        let issuer = Issuer::parse(self.form.typed("issuer").trim()).map_err(|error| error.to_string())?;
        let of = (&self.id, &issuer);
        match self.form.typed(SECRET) {
            _ if draft.fields.client_auth.kind == auth_word(ClientAuth::None) => Ok(SecretEdit::Keep),
            "" => match self.form.text(SEALED).and_then(|text| SealedSecret::carried(sealing, of, text)) {
                Some(sealed) => Ok(SecretEdit::Set(sealed)),
                None if self.kept.is_some_and(|kept| kept.has_secret && kept.spec.issuer == issuer) => {
                    Ok(SecretEdit::Keep)
                }
                None => Err("Type the client secret that the provider shows for this client.".to_owned()),
            },
            typed => SealedSecret::seal(sealing, &console.web.ambient, of, typed)
                .map(SecretEdit::Set)
                .map_err(|error| error.to_string()),
        }
    }

    fn secret_field(&self, secret: Option<SecretEdit>) -> SecretField {
        let sealed = match secret {
            Some(SecretEdit::Set(sealed)) => Some(sealed.as_str().to_owned()),
            Some(SecretEdit::Keep) | None => None,
        };
        SecretField { kept: self.kept.is_some_and(|kept| kept.has_secret), sealed, error: None }
    }
}
