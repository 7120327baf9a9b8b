//! What the provider shows. Every page says that it is a demonstration.

use std::fmt::Write as _;

use axum::response::Response;
use http::StatusCode;

use super::super::html::{document, escape};
use super::people::{PEOPLE, Person};
use super::request::Request;

const BANNER: &str =
    "<p class=\"banner\"><strong>Demonstration provider</strong> Nobody is checked here: choose anyone.</p>";

/// `GET /`: what this is.
pub(super) async fn front() -> Response {
    let body = "<main><h1>This is a demonstration</h1>\n\
                <p>A small OpenID provider that lets anyone be anyone. Start at the application you want to see; it \
                will bring you back here to choose who to be.</p></main>";
    page(StatusCode::OK, "This is a demonstration", body)
}

/// The question who to be. The form carries the whole request, which is checked again when it comes back.
pub(super) fn choose(request: &Request) -> Response {
    let mut fields = String::new();
    for (name, value) in [
        ("client_id", &request.client_id),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("scope", &request.scope),
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ] {
        let _ = writeln!(fields, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    let badges: String = PEOPLE.iter().map(|person| badge(person, &request.login_hint)).collect();
    let body = format!(
        "<main><h1>Choose who to be</h1>\n\
         <p><strong>{}</strong> asks this provider who you are. It will be told what stands on the badge.</p>\n\
         <form method=\"post\" action=\"/choose\">\n{fields}<div class=\"badges\">\n{badges}</div>\n\
         <button class=\"nobody\" type=\"submit\" name=\"person\" value=\"\">Nobody: go back without signing in</button>\n\
         </form></main>",
        escape(&request.client_id)
    );
    page(StatusCode::OK, "Choose who to be", &body)
}

fn badge(person: &Person, hint: &str) -> String {
    let Person { username, name, email, .. } = person;
    let groups = if person.groups.is_empty() { "none".to_owned() } else { person.groups.join(", ") };
    let hinted = if hint == *username || hint == *email { " hinted" } else { "" };
    format!(
        "<button class=\"badge {username}{hinted}\" type=\"submit\" name=\"person\" value=\"{username}\">\
         <span class=\"hello\">hello, my name is</span><span class=\"name\">{username}</span>\
         <span class=\"claims\"><span>{name}</span><span>{email}</span><span>groups: <b>{groups}</b></span></span>\
         </button>\n"
    )
}

/// A page that says why there is nothing to do here. `reason` is ours.
pub(super) fn refusal(status: StatusCode, reason: &str) -> Response {
    let body = format!("<main><h1>This does not work</h1>\n<p>{}</p></main>", escape(reason));
    page(status, "This does not work", &body)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = format!("{title} · Demonstration provider");
    document(status, &title, "/style.css", "provider", &format!("{BANNER}\n{body}"))
}
