//! `vestibule policy try`: what the policies give for some claims.

use std::fs::File;
use std::io::Read as _;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::base::Ambient;
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::cli::verdicts::Shown;
use crate::cli::{ConfigFile, Outcome, Terminal};
use crate::config;
use crate::identity::{Catalogue, IdpId};
use crate::policy::{self, Snapshot};

#[derive(Debug, clap::Args)]
pub(super) struct Try {
    #[command(flatten)]
    config: ConfigFile,
    /// The IdP that sends the claims.
    #[arg(long)]
    idp: IdpId,
    /// A JSON file: the claims of an ID token, or an object of `id_token` and `userinfo`.
    #[arg(long, value_name = "FILE")]
    claims: std::path::PathBuf,
    #[command(flatten)]
    shown: Shown,
}

/// Largest file of claims, in bytes: more than the claims of one sign-in may be, and their formatting.
const MAX_FILE: u64 = 1024 * 1024;

impl Try {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let settings = config::load(&self.config.path, variables)?;
        let ambient = Ambient::system();
        let catalogue = Catalogue::of(&settings.declaration, || ambient.uuid());
        let Some(idp) = catalogue.idp_by_id(&self.idp) else {
            let known: Vec<&str> = catalogue.idps.iter().map(|idp| idp.spec.id.as_str()).collect();
            terminal.complain(format_args!("vestibule: there is no IdP {}; there are: {}", self.idp, known.join(", ")));
            return Ok(Outcome::Misused);
        };
        let claims = match read(&self.claims, &idp.spec.list_claims) {
            Ok(claims) => claims,
            Err(error) => {
                terminal.complain(format_args!("vestibule: {error:#}"));
                return Ok(Outcome::Misused);
            }
        };
        let snapshot = Snapshot::compile(&catalogue);
        let policies = snapshot.idp(idp.key).context("the IdP has no policies")?;
        let decision = policy::explain(policies, policies.reach(), &claims);
        let profile = policies.profile().read(&claims);
        if self.shown.json {
            let profile = match &profile {
                Ok(profile) => json!({
                    "identifier": profile.identifier,
                    "username": profile.username.as_str(),
                    "email": profile.email.as_ref().map(|email| &email.address),
                    "server_admin": profile.server_admin,
                }),
                Err(error) => json!({ "error": error.to_string() }),
            };
            let verdicts: Vec<Value> = decision.verdicts.iter().map(policy::Verdict::to_json).collect();
            terminal.say(json!({ "idp": self.idp, "profile": profile, "verdicts": verdicts }));
            return Ok(Outcome::Done);
        }
        match profile {
            Ok(profile) => {
                let admin = if profile.server_admin { ", a server admin" } else { "" };
                terminal.say(format_args!("{} as {:?}{admin}", profile.username.as_str(), profile.identifier));
                profile.failed.iter().for_each(|failed| terminal.say(format_args!("  {failed}")));
            }
            Err(error) => terminal.say(format_args!("nobody: {error}")),
        }
        if !idp.spec.auto_provision {
            terminal.say("auto_provision is off: these policies do not run");
        }
        self.shown.print(terminal, &decision.verdicts, |_| Vec::new());
        Ok(Outcome::Done)
    }
}

/// The claims in a file.
fn read(file: &std::path::Path, list_claims: &[String]) -> anyhow::Result<Claims> {
    let shown = file.display();
    let mut text = String::new();
    let opened = File::open(file).with_context(|| format!("{shown} cannot be opened"))?;
    let length = opened.take(MAX_FILE + 1).read_to_string(&mut text);
    let length = length.with_context(|| format!("{shown} cannot be read"))?;
    anyhow::ensure!(length as u64 <= MAX_FILE, "{shown} is larger than {MAX_FILE} bytes");
    let object: Map<String, Value> =
        serde_json::from_str(&text).with_context(|| format!("{shown} is not a JSON object of claims"))?;
    let recorded = if object.get("id_token").is_some_and(Value::is_object) {
        serde_json::from_value(Value::Object(object)).with_context(|| format!("{shown} holds no claims"))?
    } else {
        Recorded { id_token: object, userinfo: None }
    };
    let rules = ClaimRules { list_claims };
    Ok(recorded.claims(Vec::new(), &rules, &ClaimLimits::default())?)
}
