//! What the form of an application says, and what is wrong with it.

mod connection;
mod rules;

use crate::console::typed::{SEEN, checked, each, lines, ticked};
use crate::directory::Revision;
use crate::identity::application::web_origin;
use crate::identity::{
    Application, ApplicationId, ApplicationSpec, Destination, Flaw, HeaderPreset, Host, Machines, Organization, Part,
    PublicUrl, Reach, RoleName, TokenIssuerId, UpstreamUrl, Upstreams, text,
};
use crate::pages::{ApplicationForm, ConnectionFields, Field, Picked, RuleFields, Shell, Tested, TickedRole};
use crate::web::Fields;

/// What the form says, as it was typed.
pub(super) struct Draft {
    seen: Option<String>,
    id: Option<Field>,
    name: Field,
    hosts: Field,
    upstream: Field,
    connection: ConnectionFields,
    /// Only a server admin says where it may be.
    reach: Option<Picked>,
    who: Picked,
    roles: Vec<TickedRole>,
    rules: Vec<RuleFields>,
    rules_error: Option<String>,
    preflight: bool,
    headers: Picked,
    pass_host: bool,
    origins: Field,
    tokens: bool,
    issuers: Field,
    behind_proxy: bool,
    tested: Vec<Tested>,
}

/// Every role, or some: the words of the form.
const EVERY: &str = "every";
const SOME: &str = "some";

const PRESETS: [(&str, HeaderPreset); 4] = [
    ("remote", HeaderPreset::Remote),
    ("x-forwarded", HeaderPreset::XForwarded),
    ("x-auth-request", HeaderPreset::XAuthRequest),
    ("none", HeaderPreset::None),
];
const REACHES: [(&str, Reach); 2] = [("anywhere", Reach::Anywhere), ("allotted", Reach::Allotted)];

impl Draft {
    /// An application to be published.
    pub(super) fn new(organization: &Organization, whole: bool) -> Self {
        Self {
            seen: None,
            id: Some(Field::default()),
            name: Field::default(),
            hosts: Field::default(),
            upstream: Field::default(),
            connection: ConnectionFields::default(),
            reach: whole.then(|| Picked::of("anywhere")),
            who: Picked::of(EVERY),
            roles: ticked(organization, |_| false),
            rules: Vec::new(),
            rules_error: None,
            preflight: false,
            headers: Picked::of("remote"),
            pass_host: true,
            origins: Field::default(),
            tokens: false,
            issuers: Field::default(),
            behind_proxy: false,
            tested: Vec::new(),
        }
    }

    /// An application as it is.
    pub(super) fn of(application: &Application, organization: &Organization, whole: bool) -> Self {
        let spec = &application.spec;
        Self {
            seen: Some(Revision::of_application(application).to_string()),
            id: None,
            name: Field::of(&*spec.name),
            hosts: Field::of(lines(&spec.hosts)),
            upstream: Field::of(if spec.upstream.is_none() {
                spec.upstream.to_string()
            } else {
                lines(spec.upstream.iter())
            }),
            connection: connection::of(&spec.connection),
            reach: whole.then(|| Picked::of(word(&REACHES, spec.reach))),
            who: Picked::of(if spec.roles.is_some() { SOME } else { EVERY }),
            roles: ticked(organization, |name| spec.roles.iter().flatten().any(|role| role == name)),
            rules: spec.rules.iter().map(|rule| rules::of(rule, organization)).collect(),
            rules_error: None,
            preflight: spec.preflight,
            headers: Picked::of(word(&PRESETS, spec.headers)),
            pass_host: spec.pass_host,
            origins: Field::of(lines(&spec.allowed_origins)),
            tokens: spec.machines.tokens,
            issuers: Field::of(lines(&spec.machines.issuers)),
            behind_proxy: spec.machines.behind_proxy,
            tested: Vec::new(),
        }
    }

    /// What was typed.
    pub(super) fn read(fields: &Fields, organization: &Organization, new: bool, whole: bool) -> Self {
        Self {
            seen: fields.text(SEEN).map(str::to_owned),
            id: new.then(|| Field::of(fields.typed("id").trim())),
            name: Field::of(fields.typed("name").trim()),
            hosts: Field::of(fields.typed("hosts")),
            upstream: Field::of(fields.typed("upstream")),
            connection: connection::read(fields),
            reach: whole.then(|| picked(&REACHES, fields.typed("reach"))),
            who: Picked::of(if fields.typed("who") == SOME { SOME } else { EVERY }),
            roles: ticked(organization, |name| fields.all("role").any(|role| role == name.as_str())),
            rules: rules::read(fields, organization),
            rules_error: None,
            preflight: fields.ticked("preflight"),
            headers: picked(&PRESETS, fields.typed("headers")),
            pass_host: fields.ticked("pass_host"),
            origins: Field::of(fields.typed("origins")),
            tokens: fields.ticked("tokens"),
            issuers: Field::of(fields.typed("issuers")),
            behind_proxy: fields.ticked("behind_proxy"),
            tested: Vec::new(),
        }
    }

    /// Does what a button of the rules says.
    pub(super) fn arrange(&mut self, button: &str, organization: &Organization) {
        rules::arrange(&mut self.rules, button, organization);
    }

    /// Where requests would go, and for which host; else what is wrong stands beside the field.
    pub(super) fn destinations(
        &mut self,
        organization: &Organization,
        before: Option<&Application>,
    ) -> Option<(Vec<Destination>, Option<Host>, bool)> {
        let upstreams = upstreams(&mut self.upstream)?;
        let hosts = each(&mut self.hosts, Host::parse).unwrap_or_default();
        let connection = connection::parsed(&mut self.connection)?;
        let reach = self.reach_of(before, &hosts, &upstreams);
        let one = |url: &UpstreamUrl| Destination::new(url.clone(), &connection, reach, &organization.allotment);
        Some((upstreams.iter().map(one).collect(), hosts.into_iter().next(), self.pass_host))
    }

    /// Keeps what became of a test.
    pub(super) fn tested(&mut self, tested: Vec<Tested>) {
        self.tested = tested;
    }

    /// The application it describes; else what is wrong stands beside the fields.
    pub(super) fn spec(
        &mut self,
        organization: &Organization,
        before: Option<&Application>,
        public_url: &PublicUrl,
    ) -> Option<ApplicationSpec> {
        let id = match (&mut self.id, before) {
            (Some(field), _) => checked(field, ApplicationId::parse),
            (None, before) => before.map(|before| before.spec.id.clone()),
        };
        let name = checked(&mut self.name, text::label);
        let hosts = each(&mut self.hosts, |line| {
            let host = Host::parse(line)?;
            public_url.admits(&host)?;
            Ok(host)
        });
        let upstream = upstreams(&mut self.upstream);
        let origins = each(&mut self.origins, web_origin);
        let connection = connection::parsed(&mut self.connection);
        let issuers = each(&mut self.issuers, TokenIssuerId::parse);
        let rules = rules::parsed(&mut self.rules);
        let roles = (self.who.kind == SOME).then(|| names(&self.roles));
        let (hosts, upstream) = (hosts?, upstream?);
        Some(ApplicationSpec {
            id: id?,
            organization: organization.id.clone(),
            name: name?,
            reach: self.reach_of(before, &hosts, &upstream),
            hosts,
            upstream,
            roles,
            headers: meant(&PRESETS, self.headers.kind),
            pass_host: self.pass_host,
            allowed_origins: origins?,
            rules: rules?,
            preflight: self.preflight,
            machines: Machines { tokens: self.tokens, issuers: issuers?, behind_proxy: self.behind_proxy },
            connection: connection?,
        })
    }

    /// Where it may be: as a server admin says; else where it was put, if it stays there, or what is allotted.
    fn reach_of(&self, before: Option<&Application>, hosts: &[Host], upstream: &Upstreams) -> Reach {
        let stays = |before: &&Application| before.spec.hosts == hosts && before.spec.upstream == *upstream;
        match (&self.reach, before.filter(stays)) {
            (Some(picked), _) => meant(&REACHES, picked.kind),
            (None, Some(before)) => before.spec.reach,
            (None, None) => Reach::Allotted,
        }
    }

    /// Says that the id is taken.
    pub(super) fn taken(&mut self) {
        if let Some(id) = &mut self.id {
            id.error = Some("another application has this id; choose another".to_owned());
        }
    }

    /// Says what is wrong with it as a whole.
    pub(super) fn refused(&mut self, why: String) {
        self.name.error = Some(why);
    }

    /// Says what is wrong with each part.
    pub(super) fn flawed(&mut self, flaws: Vec<Flaw>) {
        for Flaw { part, what } in flaws {
            let place = match part {
                Part::Hosts => &mut self.hosts.error,
                Part::Upstream => &mut self.upstream.error,
                Part::Roles => &mut self.who.error,
                Part::AllowedOrigins => &mut self.origins.error,
                Part::Rules => &mut self.rules_error,
                Part::Rule(index) => match self.rules.get_mut(index) {
                    Some(rule) => &mut rule.path.error,
                    None => &mut self.rules_error,
                },
            };
            *place = Some(match place.take() {
                Some(before) => format!("{before}\n{what}"),
                None => what,
            });
        }
    }

    /// The form.
    pub(super) fn form(self, shell: Shell, action: String, cancel: String) -> ApplicationForm {
        ApplicationForm {
            shell,
            seen: self.seen,
            id: self.id,
            name: self.name,
            hosts: self.hosts,
            upstream: self.upstream,
            connection: self.connection,
            reach: self.reach,
            tested: self.tested,
            who: self.who,
            roles: self.roles,
            rules: self.rules,
            rules_error: self.rules_error,
            preflight: self.preflight,
            headers: self.headers,
            pass_host: self.pass_host,
            origins: self.origins,
            tokens: self.tokens,
            issuers: self.issuers,
            behind_proxy: self.behind_proxy,
            action,
            cancel,
        }
    }
}

/// The upstreams, one a line; else what is wrong with them stands beside the field.
fn upstreams(field: &mut Field) -> Option<Upstreams> {
    let entries = each(field, str::parse::<Upstreams>)?;
    Upstreams::of_entries(&entries).map_err(|invalid| field.error = Some(invalid.to_string())).ok()
}

fn names(roles: &[TickedRole]) -> Vec<RoleName> {
    roles.iter().filter(|role| role.ticked).filter_map(|role| RoleName::parse(&role.name).ok()).collect()
}

fn picked<T: Copy + Default + PartialEq>(words: &[(&'static str, T)], typed: &str) -> Picked {
    Picked::of(word(words, meant(words, typed)))
}

fn meant<T: Copy + Default>(words: &[(&'static str, T)], typed: &str) -> T {
    words.iter().find(|(word, _)| *word == typed).map(|(_, meant)| *meant).unwrap_or_default()
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meant: T) -> &'static str {
    words.iter().find(|(_, other)| *other == meant).map_or("", |(word, _)| word)
}
