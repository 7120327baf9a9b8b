//! How verdicts are shown to people: what granted or failed line by line, the rest counted.

use super::Terminal;
use crate::directory::Fate;
use crate::policy::{Applied, LeftOut, Outcome, Verdict};

/// What is shown of verdicts.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Shown {
    /// Show the organizations too that did not match.
    #[arg(long)]
    all: bool,
    /// Answer with JSON, for programs.
    #[arg(long, conflicts_with = "all")]
    pub(super) json: bool,
}

/// Most organizations without a match that are shown unasked: few enough to read.
const FEW: usize = 3;

impl Shown {
    /// Prints the verdicts; `fates` tells what a sign-in made of an organization's roles.
    pub(super) fn print<'a>(
        self,
        terminal: &mut Terminal<'_>,
        verdicts: impl IntoIterator<Item = &'a Verdict>,
        fates: impl Fn(&Verdict) -> Vec<(String, Fate)>,
    ) {
        let (none, told): (Vec<&Verdict>, Vec<&Verdict>) =
            verdicts.into_iter().partition(|v| matches!(v.outcome, Outcome::NoMatch { .. }) && fates(v).is_empty());
        let shown = if self.all || none.len() <= FEW { none.as_slice() } else { &[] };
        let width = told.iter().chain(shown).map(|verdict| verdict.id.as_str().len()).max().unwrap_or_default();
        for verdict in told.iter().chain(shown) {
            let (word, detail, from) = (verdict.outcome.word(), detail(verdict, &fates(verdict)), source(verdict));
            terminal.say(format_args!("  {:<width$}  {word:<12}  {detail}  ({from})", verdict.id.as_str()));
        }
        if shown.len() < none.len() {
            terminal.say(format_args!("  and {} organizations without a match; --all shows them", none.len()));
        }
        if told.is_empty() && none.is_empty() {
            terminal.say("  there is no organization in this IdP's reach");
        }
    }
}

/// What the outcome tells, on one line.
fn detail(verdict: &Verdict, fates: &[(String, Fate)]) -> String {
    let fate = |name: &str| fates.iter().find(|(role, _)| role == name).map(|(_, fate)| fate.word());
    let revoked = fates.iter().filter(|(_, fate)| *fate == Fate::Revoked).map(|(role, _)| format!("{role} (revoked)"));
    let mut parts: Vec<String> = match &verdict.outcome {
        Outcome::Granted { roles, left_out } => {
            let role = |name: &str| fate(name).map_or_else(|| name.to_owned(), |fate| format!("{name} ({fate})"));
            let roles = roles.iter().map(|given| role(given.name.as_str()));
            roles.chain(left_out_words(left_out)).collect()
        }
        Outcome::NoMatch { .. } if verdict.org_selector == Applied::None => vec!["there is no org selector".to_owned()],
        Outcome::NoMatch { returned } => vec![format!("the org selector returned {returned}")],
        Outcome::NoSuchRole { .. } if verdict.role_selector == Applied::None => {
            vec!["it matched, but there is no role selector".to_owned()]
        }
        Outcome::NoSuchRole { asked } if asked.is_empty() => {
            vec!["it matched, but the role selector named no role".to_owned()]
        }
        Outcome::NoSuchRole { asked } => left_out_words(asked).collect(),
        Outcome::Error { reason } => vec![reason.clone()],
    };
    parts.extend(revoked);
    parts.join(", ")
}

fn left_out_words(left_out: &LeftOut) -> impl Iterator<Item = String> {
    let named = |names: &[String], why: &str| (!names.is_empty()).then(|| format!("{why}: {}", names.join(", ")));
    let unknown = named(&left_out.unknown, "no role here");
    unknown.into_iter().chain(named(&left_out.beyond, "beyond the policy's ceiling"))
}

/// Which policies were asked.
fn source(verdict: &Verdict) -> String {
    let asked_role = !matches!(verdict.outcome, Outcome::NoMatch { .. });
    match (verdict.org_selector, verdict.role_selector) {
        (org, role) if asked_role && org.word() != role.word() => {
            format!("org selector: {}, role selector: {}", org.word(), role.word())
        }
        (org, _) => match org {
            Applied::Own(_) => "its own policy".to_owned(),
            Applied::Default(_) => "default policy".to_owned(),
            Applied::None => "no policy".to_owned(),
        },
    }
}
