//! `vestibule explain`: why somebody holds what they hold, or was refused.

use super::verdicts::Shown;
use super::{ConfigFile, Outcome, Terminal, open};
use crate::base::Reference;
use crate::directory::{Actor, Event, ExplainError, ExplainedSignIn, ExplainedUser, Explanation, Now, Subject};
use crate::identity::{Origin, Username};

/// Explain what somebody holds and why, or what became of a refused request.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct About {
    /// A user: their username or id, as `user list` shows them.
    #[arg(long)]
    user: Option<String>,
    /// The reference that a page showed.
    #[arg(long, value_parser = reference)]
    reference: Option<Reference>,
}

fn reference(text: &str) -> Result<Reference, &'static str> {
    Reference::parse(text).ok_or("a reference is ten letters and digits, such as 7F3KQ-9QXM2")
}

impl About {
    fn subject(self) -> anyhow::Result<Subject> {
        match (self.reference, self.user) {
            (Some(reference), _) => Ok(Subject::Reference(reference)),
            (None, Some(user)) => match user.parse() {
                Ok(id) => Ok(Subject::User(id)),
                Err(_) => Ok(Subject::Username(Username::parse(&user)?)),
            },
            (None, None) => anyhow::bail!("say what to explain: --user or --reference"),
        }
    }
}

impl Arguments {
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let subject = self.about.subject()?;
        let (directory, _) = open(&self.config, variables).await?;
        match directory.server_admin(Actor::CommandLine).explain(&subject).await {
            Ok(explanation) if self.shown.json => terminal.say(explanation.to_json()),
            Ok(explanation) => print(&explanation, self.shown, terminal),
            Err(ExplainError::Store(error)) => return Err(error.into()),
            Err(error) => {
                terminal.complain(format_args!("vestibule: {error}"));
                return Ok(Outcome::Failed);
            }
        }
        Ok(Outcome::Done)
    }
}

fn print(explanation: &Explanation, shown: Shown, terminal: &mut Terminal<'_>) {
    if let Some(event) = &explanation.event {
        event_lines(event, explanation.user.as_ref(), terminal);
    }
    if let Some(user) = &explanation.user {
        user_lines(user, terminal);
    }
    for sign_in in &explanation.sign_ins {
        sign_in_lines(sign_in, shown, terminal);
    }
    if explanation.sign_ins.is_empty() {
        terminal.say("No sign-in is kept: there was none yet, or its IdP is gone.");
    }
}

fn event_lines(event: &Event, user: Option<&ExplainedUser>, terminal: &mut Terminal<'_>) {
    let times = if event.count == 1 { String::new() } else { format!(", {} times within a minute", event.count) };
    terminal.say(format_args!("{}: {} at {}{times}", event.reference, event.action, event.at));
    if let Some(detail) = &event.detail {
        terminal.say(format_args!("  {detail}"));
    }
    if let Some(application) = &event.application {
        let roles: Vec<&str> = application.roles.iter().map(|role| role.as_str()).collect();
        let (id, organization) = (&application.id, &application.organization);
        terminal.say(format_args!("  {id} belongs to {organization}; may enter: {}", roles.join(", ")));
        let held = user.into_iter().flat_map(|user| &user.holds).filter(|held| held.organization == *organization);
        let held: Vec<&str> = held.map(|held| held.role.as_str()).collect();
        let held = if held.is_empty() { "no role".to_owned() } else { held.join(", ") };
        terminal.say(format_args!("  held there now: {held}"));
    }
    terminal.say("");
}

fn user_lines(user: &ExplainedUser, terminal: &mut Terminal<'_>) {
    let disabled = if user.disabled { ", disabled" } else { "" };
    terminal.say(format_args!("{}{disabled} ({}) holds", user.username.as_str(), user.id));
    for held in &user.holds {
        let by = match (held.origin, &held.idp) {
            (Origin::Manual, _) => "given by hand".to_owned(),
            (Origin::Policy(_), Some(idp)) => format!("by sign-ins at {idp}"),
            (Origin::Policy(_), None) => "by sign-ins at an IdP that is gone".to_owned(),
        };
        terminal.say(format_args!("  {}  {}  {by}", held.organization, held.role));
    }
    if user.holds.is_empty() {
        terminal.say("  nothing: they are in no organization");
    }
    terminal.say("");
}

fn sign_in_lines(sign_in: &ExplainedSignIn, shown: Shown, terminal: &mut Terminal<'_>) {
    let ExplainedSignIn { idp, identifier, at, reference, .. } = sign_in;
    let what = if sign_in.refused.is_some() { "Refused sign-in" } else { "Last sign-in" };
    terminal.say(format_args!("{what} at {idp} as {identifier:?}, {at}, reference {reference}"));
    if let Some(why) = &sign_in.refused {
        terminal.say(format_args!("  refused: {why}"));
    }
    if sign_in.changed_since {
        terminal.say("  The configuration has changed since; this is what it would give now:");
    }
    match &sign_in.now {
        Now::Decided(verdicts) => shown.print(terminal, verdicts, |verdict| sign_in.fates(verdict)),
        Now::NotProvisioned => terminal.say("  no policy runs: auto_provision is off for this IdP"),
        Now::Unknown(why) => terminal.say(format_args!("  unknown: {why}")),
    }
    terminal.say("");
}
