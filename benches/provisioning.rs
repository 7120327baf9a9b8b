//! What one sign-in's decision costs over many organizations, ours beside npm `jmespath` used as a peer does: the id
//! pasted into the text, parsed and searched, organization by organization. Same claims, same selectors, in turn, in
//! one run.
//!
//! ```text
//! npm ci --prefix benches/provisioning --ignore-scripts
//! cargo bench --bench provisioning [-- --rounds 7]
//! ```
//!
//! Prints medians, in milliseconds of CPU, and their ratio. Each round checks that both find the same organizations.
//! Needs Linux and Node.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;
use vestibule::claims::{ClaimLimits, ClaimRules, Claims};
use vestibule::config;
use vestibule::identity::{Catalogue, Declaration, OrganizationId, OrganizationPolicySpec, PolicyText};
use vestibule::policy::{Snapshot, decide};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const GROUPS: usize = 100;
const ROUNDS: usize = 5;
/// What takes less than this is asked often enough to take as long: the kernel may count CPU in steps of 4 ms.
const LEAST: Duration = Duration::from_millis(100);

const ROLE: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";
const BASE: &str = r#"
[server]
public_url = "http://localhost:1"
[[idp]]
id = "company"
name = "Company"
issuer = "http://localhost:2"
client_id = "bench"
client_secret = "none"
auto_provision = true
[[organization]]
id = "first"
name = "First"
roles = ["Admin", "Member"]
"#;

/// An org selector and what it stands for. `{own}` is another number in each organization's own policy.
const SHAPES: [(&str, &str); 6] = [
    ("membership", "contains(groups, '{{orgId}}')"),
    ("a filter", "groups[?@ == '{{orgId}}']"),
    ("joined", "email_verified && (contains(groups, '{{orgId}}') || contains(groups, 'everywhere'))"),
    ("a constant", "'org-000005'"),
    ("membership, each its own text", "contains(groups, '{{orgId}}') && !contains(groups, 'not-{own}')"),
    ("arbitrary, each its own text", "length(groups[?starts_with(@, '{{orgId}}') && @ != 'x-{own}']) > `0`"),
];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rounds");
    let rounds = arguments.nth(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let mut out = std::io::stdout().lock();
    let mut theirs = Theirs::start()?;
    writeln!(
        out,
        "{:<32} {:>13} {:>12} {:>12} {:>10}",
        "org selector", "organizations", "ours, ms", "theirs, ms", "ratio"
    )?;
    for (name, org) in SHAPES {
        for size in SIZES {
            let (ours, theirs) = compare(&Task::new(org, size)?, &mut theirs, rounds)?;
            let ratio = theirs / ours;
            writeln!(out, "{name:<32} {size:>13} {ours:>12.4} {theirs:>12.1} {ratio:>9.0}x")?;
        }
    }
    Ok(())
}

/// The medians of both, in milliseconds.
fn compare(task: &Task, theirs: &mut Theirs, rounds: usize) -> anyhow::Result<(f64, f64)> {
    let snapshot = Snapshot::compile(&task.catalogue);
    let idp = task.catalogue.idps.first().context("the IdP")?.key;
    let policies = snapshot.idp(idp).context("its policies")?;
    theirs.send(&task.for_them().to_string())?;
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (begun, used) = (Instant::now(), cpu()?);
        let mut times = 0;
        let mut granted = 0;
        while times == 0 || begun.elapsed() < LEAST {
            granted = decide(policies, policies.reach(), &task.claims).desired().count();
            times += 1;
        }
        our_times.push((cpu()? - used) / f64::from(times));
        let (took, matched) = theirs.go()?;
        their_times.push(took);
        ensure!(granted == matched, "{granted} organizations here, {matched} there");
    }
    Ok((median(our_times), median(their_times)))
}

/// Milliseconds that this thread has run so far.
fn cpu() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e6)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

struct Task {
    catalogue: Catalogue,
    claims: Claims,
    sent: Value,
    org: &'static str,
    own: Option<Vec<String>>,
}

impl Task {
    fn new(org: &'static str, size: usize) -> anyhow::Result<Self> {
        let mut declaration = config::parse("bench", BASE, [])?.declaration;
        let base = declaration.organizations.pop().context("an organization")?;
        let idp = declaration.idps.first_mut().context("an IdP")?;
        idp.default_policy = PolicyText { org: Some(org.to_owned()), role: Some(ROLE.to_owned()) };
        let own = org.contains("{own}").then(|| (0..size).map(|number| org.replace("{own}", &number.to_string())));
        let own: Option<Vec<String>> = own.map(Iterator::collect);
        let idp = idp.id.clone();
        for number in 0..size {
            let mut organization = base.clone();
            organization.id = OrganizationId::parse(&format!("org-{number:06}"))?;
            let text = own.as_ref().and_then(|own| own.get(number));
            let policy = text.map(|text| PolicyText { org: Some(text.clone()), role: None });
            organization.policies =
                policy.map(|text| OrganizationPolicySpec { idp: idp.clone(), text }).into_iter().collect();
            declaration.organizations.push(organization);
        }
        let sent = token(size);
        Ok(Self { catalogue: catalogue(&declaration), claims: claims(&sent)?, sent, org, own })
    }

    fn for_them(&self) -> Value {
        let ids: Vec<&str> = self.catalogue.organizations.iter().map(|organization| organization.id.as_str()).collect();
        json!({ "claims": self.sent, "ids": ids, "org": self.org, "own": self.own, "role": ROLE })
    }
}

fn catalogue(declaration: &Declaration) -> Catalogue {
    let mut last = 0;
    Catalogue::of(declaration, || {
        last += 1;
        Uuid::from_u128(last)
    })
}

/// A token of many groups, every tenth of which names an organization.
fn token(size: usize) -> Value {
    let group = |number: usize| match number % 10 {
        5 => format!("org-{:06}", number * size / GROUPS),
        _ => format!("group-{number:04}-of-the-company"),
    };
    let groups: Vec<String> = (0..GROUPS).map(group).collect();
    json!({ "sub": "1", "email": "user@example.com", "email_verified": true, "groups": groups })
}

fn claims(sent: &Value) -> anyhow::Result<Claims> {
    let id_token = sent.as_object().cloned().context("an object")?;
    let list_claims = ["groups".to_owned(), "roles".to_owned()];
    Ok(Claims::merge(id_token, None, &ClaimRules { list_claims: &list_claims }, &ClaimLimits::default())?)
}

/// Node with npm `jmespath`.
struct Theirs {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Theirs {
    fn start() -> anyhow::Result<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/provisioning");
        let mut node = Command::new("node");
        node.arg("jmespath.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = node.spawn().context("node")?;
        let to = child.stdin.take().context("its input")?;
        let from = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self { child, to, from })
    }

    fn send(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.to, "{line}")?)
    }

    /// How long one decision took them, in milliseconds, and how many organizations matched.
    fn go(&mut self) -> anyhow::Result<(f64, usize)> {
        self.send("go")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        let (took, matched) = line.trim().split_once(' ').context("npm ci --prefix benches/provisioning first")?;
        Ok((took.parse()?, matched.parse()?))
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // Whether it ended is nothing to us, who end now too.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
