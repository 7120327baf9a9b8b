//! `vestibule policy test`: stored cases, for CI. Exit codes: 0 all hold, 1 some do not, 2 the file or the configuration
//! is wrong.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::base::Ambient;
use crate::cli::{ConfigFile, Outcome, Terminal};
use crate::config::{self, CaseOf};
use crate::identity::Catalogue;
use crate::policy::{Expected, Mismatch, Snapshot, in_short};

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// The file of cases: `[[case]]` with `name`, `idp`, `claims` and `organizations`.
    cases: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// Answer with JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let settings = config::load(&self.config.path, variables)?;
        let cases = config::cases(&self.cases, &settings.declaration)?;
        let ambient = Ambient::system();
        let catalogue = Catalogue::of(&settings.declaration, || ambient.uuid());
        let snapshot = Snapshot::compile(&catalogue);
        let (mut failed, mut told) = (0, Vec::new());
        for CaseOf { idp, case, .. } in &cases {
            let idp = catalogue.idp_by_id(idp).with_context(|| format!("there is no IdP {idp}"))?;
            let policies = snapshot.idp(idp.key).context("the IdP has no policies")?;
            let mismatches = case.check(idp, policies).with_context(|| format!("{:?} cannot be tried", case.name))?;
            failed += usize::from(!mismatches.is_empty());
            if self.json {
                told.push(as_json(&case.name, idp.spec.id.as_str(), &mismatches));
            } else {
                print(terminal, &case.name, idp.spec.id.as_str(), &mismatches);
            }
        }
        let count = cases.len();
        if self.json {
            terminal.say(json!({ "cases": told, "count": count, "failed": failed }));
        } else if failed == 0 {
            terminal.say(format_args!("{count} cases hold"));
        } else {
            terminal.say(format_args!("{failed} of {count} cases do not hold"));
        }
        Ok(if failed == 0 { Outcome::Done } else { Outcome::Failed })
    }
}

fn print(terminal: &mut Terminal<'_>, name: &str, idp: &str, mismatches: &[Mismatch]) {
    let word = if mismatches.is_empty() { "ok    " } else { "FAILED" };
    terminal.say(format_args!("{word}  {name} ({idp})"));
    for Mismatch { expected, verdict } in mismatches {
        let from = match (verdict.org_selector.word(), verdict.role_selector.word()) {
            (org, role) if org == role => format!("{org} policy"),
            (org, role) => format!("org selector: {org}, role selector: {role}"),
        };
        terminal.say(format_args!("        {}", verdict.id));
        terminal.say(format_args!("          - expected {expected}"));
        terminal.say(format_args!("          + got {}  ({from})", in_short(&verdict.outcome)));
    }
}

fn as_json(name: &str, idp: &str, mismatches: &[Mismatch]) -> Value {
    let mismatch = |mismatch: &Mismatch| {
        let expected = match &mismatch.expected {
            Expected::Roles(roles) => json!(roles),
            Expected::Error => json!("error"),
        };
        json!({ "expected": expected, "got": mismatch.verdict.to_json() })
    };
    let holds = mismatches.is_empty();
    json!({ "name": name, "idp": idp, "holds": holds, "mismatches": mismatches.iter().map(mismatch).collect::<Vec<_>>() })
}
