//! What the demonstration writes down: a folder of its own with the configuration, and something to try the commands on.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Upstreams;
use crate::base::Ambient;

/// The role selector that is served.
const ROLE: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";
/// One to compare it with: without the group `admin` it returns `false`, which is no role.
const STRICTER: &str = "contains(groups, 'admin') && 'Admin'";

/// What is expected of the policies.
const CASES: &str = r#"# vestibule policy test cases.toml

[[case]]
name = "an admin of the home lab"
idp = "demo"
claims = { sub = "1", groups = ["admin", "home-lab"] }
organizations = { home-lab = ["Admin"] }

[[case]]
name = "a member of the home lab"
idp = "demo"
claims = { sub = "2", groups = ["home-lab"] }
organizations = { home-lab = ["Member"] }

[[case]]
name = "nobody in particular"
idp = "demo"
claims = { sub = "3" }
organizations = {}
"#;

/// A folder that nobody else may look into, and that goes with the demonstration.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(ambient: &Ambient) -> anyhow::Result<Self> {
        let name = ambient.bytes::<4>().map(|byte| format!("{byte:02x}")).concat();
        let folder = std::env::temp_dir().join(format!("vestibule-demo-{name}"));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes the files; gives the configuration to serve.
    pub(super) fn fill(&self, port: u16, secret: &str, upstreams: &Upstreams) -> anyhow::Result<String> {
        let text = configuration(port, &self.0, ROLE, secret, upstreams);
        let stricter = configuration(port, &self.0, STRICTER, secret, upstreams);
        for (name, content) in [("vestibule.toml", &*text), ("stricter.toml", &*stricter), ("cases.toml", CASES)] {
            let file = self.0.join(name);
            fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(text)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the demonstration's folder is left behind");
        }
    }
}

/// A configuration as a user would write it.
fn configuration(port: u16, folder: &Path, role: &str, secret: &str, upstreams: &Upstreams) -> String {
    let database = folder.join("vestibule.db");
    let Upstreams { provider, wiki, control_room } = upstreams;
    format!(
        r#"
[server]
public_url = "http://localhost:{port}"
listen = ["127.0.0.1:{port}"]
operations_listen = "127.0.0.1:0"

[database]
url = "sqlite://{database}"

[[idp]]
id = "demo"
name = "Demonstration provider"
issuer = "http://id.localhost:{port}"
client_id = "vestibule-demo"
client_secret = "{secret}"
scopes = ["openid", "profile", "email", "groups"]
auto_provision = true
server_admin = "contains(groups, 'admin')"

[idp.default_policy]
org = "contains(groups, '{{{{orgId}}}}')"
role = "{role}"

[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin", "Member"]
admin_roles = ["Admin"]

[[application]]
id = "wiki"
organization = "home-lab"
name = "Wiki"
hosts = ["wiki.localhost"]
upstream = "http://{wiki}"

[[application.rule]]
path = "/public"
allow = "everyone"

[[application.rule]]
path = "/public/*"
allow = "everyone"

[[application.rule]]
path = "/admin"
roles = ["Admin"]

[[application.rule]]
path = "/admin/*"
roles = ["Admin"]

[[application]]
id = "control-room"
organization = "home-lab"
name = "Control room"
hosts = ["control.localhost"]
upstream = "http://{control_room}"
roles = ["Admin"]

# The provider is reached on the same port, as a page that is open to everyone.
[[organization]]
id = "demonstration"
name = "Demonstration"
roles = ["Nobody"]

[[application]]
id = "provider"
organization = "demonstration"
name = "Demonstration provider"
hosts = ["id.localhost"]
upstream = "http://{provider}"

[[application.rule]]
path = "/*"
allow = "everyone"
"#,
        database = database.display()
    )
}
