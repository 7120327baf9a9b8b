//! How verdicts are shown to people: what granted or failed line by line, the rest counted.

use super::Terminal;
use crate::directory::{Fate, verdict_detail};
use crate::policy::{Outcome, Verdict};

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
            let (word, detail, from) =
                (verdict.outcome.word(), verdict_detail(verdict, &fates(verdict)), verdict.source());
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
