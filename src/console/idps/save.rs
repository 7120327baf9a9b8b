//! Adding and changing an IdP: what was typed is looked up, checked, shown for what it would do, and kept.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::form::{Draft, auth_word};
use super::look::found;
use super::preset::Preset;
use super::scope::{Named, Scope};
use super::show::test_of;
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Asked, Proposed, Words, sentence};
use crate::directory::{Edit, EditError, Expected, ManagedIdp, SealedSecret, SecretEdit};
use crate::identity::{ClientAuth, IdpId, IdpSpec, Issuer, text};
use crate::oidc::{Preview, preview};
use crate::pages::{Confirm, Done, Field, IdpForm, SecretField};
use crate::web::Fields;

/// What is never carried from page to page as it was typed.
const SECRET: &str = "client_secret";
/// How it is carried instead.
const SEALED: &str = "sealed_secret";

/// An IdP under way: whose it is, which one, and who is at it.
struct Work<'a> {
    scope: &'a Scope<'a>,
    visitor: &'a Visitor,
    form: &'a Fields,
    id: IdpId,
    /// What is kept of it, unless it is new.
    kept: Option<&'a ManagedIdp>,
}

/// `POST …/idps/_new`
pub(in crate::console) async fn add(
    State(console): State<Arc<Console>>,
    Path(named): Path<Named>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    let scope = console.idps_of(&visitor, &named)?;
    match IdpId::parse(fields.typed("id").trim()).map_err(|error| error.to_string()) {
        Ok(id) if fields.typed("step") != "start" => {
            console.work(&Work { scope: &scope, visitor: &visitor, form: &fields, id, kept: None }).await
        }
        id => console.start(&scope, &visitor, &fields, id).await,
    }
}

/// `GET …/idps/{idp}/edit`
pub(in crate::console) async fn edit(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(named): Path<Named>,
) -> Answer {
    let scope = console.idps_of(&visitor, &named)?;
    let idp = scope.find(&named).await?;
    let form = Fields::default();
    let work = Work { scope: &scope, visitor: &visitor, form: &form, id: idp.spec.id.clone(), kept: Some(&idp) };
    let draft = Draft::of(&idp, &console.live());
    Ok(page(console.web.pages.idp_form(&console.idp_form(&work, draft, work.secret_field(None)))))
}

/// `POST …/idps/{idp}/edit`
pub(in crate::console) async fn change(
    State(console): State<Arc<Console>>,
    Path(named): Path<Named>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    let scope = console.idps_of(&visitor, &named)?;
    let idp = scope.find(&named).await?;
    let id = idp.spec.id.clone();
    console.work(&Work { scope: &scope, visitor: &visitor, form: &fields, id, kept: Some(&idp) }).await
}

impl Console {
    /// The first step: name, id and issuer. The provider is asked, and the rest of the form is filled in.
    async fn start(&self, scope: &Scope<'_>, visitor: &Visitor, form: &Fields, id: Result<IdpId, String>) -> Answer {
        let preset = Preset::of(form.typed("preset"));
        let field = |name| Field::of(form.typed(name).trim());
        let mut start = self.idp_start(scope, visitor, preset, [field("name"), field("id"), field("issuer")]);
        start.name.error = text::label(&start.name.value).err().map(|error| error.to_string());
        start.id.error = id.as_ref().err().cloned();
        let looked_up = self.look_up(scope, visitor, &start.issuer.value).await;
        start.issuer.error = looked_up.as_ref().err().cloned();
        let (Ok(id), Ok(preview), None) = (id, looked_up, &start.name.error) else {
            return Ok(form_again(self.web.pages.idp_start(&start)));
        };
        let mut draft = Draft::new(preset, (&id, scope.owner_id()), &start.name.value, &preview.issuer);
        draft.take(&preview);
        let work = Work { scope, visitor, form, id, kept: None };
        let filled = IdpForm { found: Some(found(&preview)), ..self.idp_form(&work, draft, work.secret_field(None)) };
        Ok(page(self.web.pages.idp_form(&filled)))
    }

    /// Asks a provider, as far and as often as this visitor may have us go; else says why not.
    async fn look_up(&self, scope: &Scope<'_>, visitor: &Visitor, issuer: &str) -> Result<Preview, String> {
        let wait = |seconds| format!("You have looked up much in a short time. Try again in {seconds} s.");
        self.web.errands.take(visitor.actor(), 1).map_err(wait)?;
        preview(issuer, self.http.to(scope.addresses())).await.map_err(|error| sentence(&error.to_string()))
    }

    /// The whole form: looked up again, or kept.
    async fn work(&self, work: &Work<'_>) -> Answer {
        if work.form.typed("step") == "find" {
            return self.look_up_again(work, Draft::typed(work.form, work.scope.owner.is_none())).await;
        }
        let draft = Draft::read(work.form, &work.id, work.scope.owner_id(), &self.live());
        let secret = work.secret(self, &draft);
        match (draft.spec.clone(), secret) {
            (Some(spec), Ok(secret)) => self.save(work, draft, spec, secret).await,
            (_, secret) => {
                // Under an issuer that is none there is no secret either: one thing after the other.
                let error = secret.as_ref().err().filter(|_| draft.fields.issuer.error.is_none()).cloned();
                let field = SecretField { error, ..work.secret_field(secret.ok()) };
                Ok(self.idp_refused(work, draft, field, None))
            }
        }
    }

    /// What the provider tells of itself now. Whether the rest is right is asked when it is to be kept.
    async fn look_up_again(&self, work: &Work<'_>, mut draft: Draft) -> Answer {
        let secret = work.secret_field(work.secret(self, &draft).ok());
        match self.look_up(work.scope, work.visitor, work.form.typed("issuer")).await {
            Ok(preview) => {
                draft.take(&preview);
                let form = IdpForm { found: Some(found(&preview)), ..self.idp_form(work, draft, secret) };
                Ok(page(self.web.pages.idp_form(&form)))
            }
            Err(error) => {
                draft.fields.issuer.error = Some(error);
                Ok(self.idp_refused(work, draft, secret, None))
            }
        }
    }

    /// Keeps it, or shows first what that would do.
    async fn save(&self, work: &Work<'_>, draft: Draft, spec: IdpSpec, secret: SecretEdit) -> Answer {
        let expected = match work.form.text("revision") {
            Some(revision) => Expected::Seen(revision.parse().map_err(|_| Failed::BadRequest)?),
            None => Expected::Absent,
        };
        let edit = Edit::Idp { spec: Box::new(spec), secret: secret.clone() };
        let problem = match self.propose(work.scope.hands, &edit, expected, work.form).await? {
            Proposed::Made => {
                let path = format!("{}/{}", work.scope.base(), work.id);
                return Ok(done(&path, if work.kept.is_some() { Done::Saved } else { Done::Created }));
            }
            Proposed::Ask(asked) => {
                return Ok(page(self.web.pages.confirm(&self.idp_confirm(work, asked, &secret))));
            }
            Proposed::Refused(EditError::Taken(_)) => {
                format!("There is a provider {} already: go back and choose another id.", work.id)
            }
            Proposed::Refused(refused) => sentence(&refused.to_string()),
        };
        Ok(self.idp_refused(work, draft, work.secret_field(Some(secret)), Some(problem)))
    }

    fn idp_refused(&self, work: &Work<'_>, draft: Draft, secret: SecretField, problem: Option<String>) -> Response {
        form_again(self.web.pages.idp_form(&IdpForm { problem, ..self.idp_form(work, draft, secret) }))
    }

    fn idp_form(&self, work: &Work<'_>, draft: Draft, secret: SecretField) -> IdpForm {
        let preset = Preset::of(work.form.typed("preset"));
        let (action, cancel) = work.addresses();
        let steps = if work.kept.is_none() { preset.steps } else { &[] };
        IdpForm {
            shell: work.scope.shell(self, work.visitor, None),
            id: work.id.to_string(),
            problem: None,
            steps: steps.iter().map(|&step| step.to_owned()).collect(),
            preset: preset.id.to_owned(),
            redirect_uri: self.web.public_url.redirect_uri(&work.id),
            found: None,
            fields: draft.fields,
            secret,
            global: draft.global,
            test: work.kept.and_then(test_of),
            revision: work.kept.map(|kept| kept.revision.to_string()),
            action,
            cancel,
        }
    }

    /// What the change would do, with everything that was typed carried along: the secret sealed.
    fn idp_confirm(&self, work: &Work<'_>, asked: Asked, secret: &SecretEdit) -> Confirm {
        let (action, cancel) = work.addresses();
        let sealed = match secret {
            SecretEdit::Set(sealed) => Some((SEALED, sealed.as_str())),
            SecretEdit::Keep => None,
        };
        let words = Words {
            title: format!("Change {}", work.form.typed("name").trim()),
            words: Vec::new(),
            button: "Save",
            destructive: false,
            action,
            cancel,
        };
        let shell = work.scope.shell(self, work.visitor, None);
        asked.page(shell, words, &work.form.replacing(&[SECRET, SEALED], sealed))
    }
}

impl Work<'_> {
    /// Where the form is sent, and where to go instead.
    fn addresses(&self) -> (String, String) {
        let base = self.scope.base();
        match self.kept {
            Some(_) => (format!("{base}/{}/edit", self.id), format!("{base}/{}", self.id)),
            None => (format!("{base}/_new"), base),
        }
    }

    /// What becomes of the secret: the one that was typed just now, or before, or the one that is kept. Without an
    /// issuer there is nothing to seal it for.
    fn secret(&self, console: &Console, draft: &Draft) -> Result<SecretEdit, String> {
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
