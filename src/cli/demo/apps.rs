//! The demonstration's two applications: a wiki with an open and an admins' corner, and a control room for admins. They
//! know nothing of Vestibule but what any application knows: headers. Both show what they received.

mod received;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};

use self::received::Received;
use super::html::{self, document, escape};

/// Where both applications keep their stylesheet: on the wiki's open path, so that its open page is not bare.
const STYLESHEET: &str = "/public/style.css";

/// The wiki. `/public` and below is meant to be open to everyone, `/admin` and below to admins, the rest to members.
pub fn wiki() -> Router {
    Router::new()
        .route("/", get(wiki_front))
        .route("/public", get(wiki_public))
        .route("/public/{*page}", get(wiki_public))
        .route("/admin", get(wiki_admin))
        .route("/admin/{*page}", get(wiki_admin))
        .route(STYLESHEET, get(style))
        .fallback(async |headers: HeaderMap| wiki_missing(&headers))
}

/// The control room, for admins alone.
pub fn control_room() -> Router {
    Router::new()
        .route("/", get(control_front))
        .route(STYLESHEET, get(style))
        .fallback(async || control_page(StatusCode::NOT_FOUND, "No such panel", "<h1>No such panel</h1>"))
}

async fn style() -> Response {
    html::stylesheet(include_str!("apps/style.css"))
}

async fn wiki_front(headers: HeaderMap) -> Response {
    let received = Received::from(&headers);
    let body = format!(
        "<h1>Welcome to the wiki</h1>\n\
         <p class=\"lead\">Notes of a small household. Two pages are worth a visit: <a href=\"/public/welcome\">one that \
         anyone may read</a>, and <a href=\"/admin/settings\">one for admins</a>.</p>\n{}",
        report(&received)
    );
    wiki_page(StatusCode::OK, "Front page", &received, &body)
}

async fn wiki_public(headers: HeaderMap) -> Response {
    let received = Received::from(&headers);
    let body = format!(
        "<h1>An open page</h1>\n\
         <p class=\"lead\">This part of the wiki is open to everyone. If you are signed in and may enter, the wiki knows \
         you here as well; everyone else is a stranger to it.</p>\n{}",
        report(&received)
    );
    wiki_page(StatusCode::OK, "An open page", &received, &body)
}

async fn wiki_admin(headers: HeaderMap) -> Response {
    let received = Received::from(&headers);
    let body = format!(
        "<h1>Wiki settings</h1>\n\
         <p class=\"lead\">Only admins get here. The wiki did not check that: the rule for <code>/admin</code> stands in \
         front of it.</p>\n{}",
        report(&received)
    );
    wiki_page(StatusCode::OK, "Wiki settings", &received, &body)
}

fn wiki_missing(headers: &HeaderMap) -> Response {
    let body = "<h1>Not written yet</h1>\n<p class=\"lead\">The wiki has no page of this name.</p>";
    wiki_page(StatusCode::NOT_FOUND, "Not written yet", &Received::from(headers), body)
}

fn wiki_page(status: StatusCode, title: &str, received: &Received, body: &str) -> Response {
    let way_out = if received.user.is_some() { SIGN_OUT } else { "<a class=\"way-in\" href=\"/\">Sign in</a>" };
    let body = format!(
        "<header><p class=\"name\">Wiki <small>demonstration</small></p>\n\
         <nav aria-label=\"Wiki\"><a href=\"/\">Front page</a> <a href=\"/public/welcome\">Open page</a> \
         <a href=\"/admin/settings\">Settings</a></nav>{way_out}</header>\n<main>\n{body}\n</main>"
    );
    document(status, &format!("{title} · Wiki"), STYLESHEET, "wiki", &body)
}

async fn control_front(headers: HeaderMap) -> Response {
    let received = Received::from(&headers);
    let body = format!(
        "<h1>Control room</h1>\n\
         <p class=\"lead\">For admins alone: this whole application is closed to everyone else.</p>\n\
         <ul class=\"gauges\"><li><b>21.4</b> °C cellar</li><li><b>63</b> % barrel</li><li><b>0</b> alarms</li></ul>\n{}",
        report(&received)
    );
    control_page(StatusCode::OK, "Front panel", &body)
}

fn control_page(status: StatusCode, title: &str, body: &str) -> Response {
    let body = format!(
        "<header><p class=\"name\">Control room <small>demonstration</small></p>{SIGN_OUT}</header>\n\
         <main>\n{body}\n</main>"
    );
    document(status, &format!("{title} · Control room"), STYLESHEET, "control", &body)
}

/// The way out is a form of the application's own page, sent to its own host: the proxy takes it there.
const SIGN_OUT: &str =
    "<form method=\"post\" action=\"/.vestibule/sign-out\"><button type=\"submit\">Sign out</button></form>";

/// What the application received, for people to look at.
fn report(received: &Received) -> String {
    let mut html = match &received.user {
        Some(user) => format!("<h2>This application sees you as <mark>{}</mark></h2>\n", escape(user)),
        None => "<h2>This application does not know who you are</h2>\n".to_owned(),
    };
    html.push_str(&match received.foreign_cookie.as_deref() {
        None => "<p class=\"good\">No Vestibule cookie arrived here.</p>\n".to_owned(),
        Some(name) => format!("<p class=\"bad\">A Vestibule cookie arrived here: {}</p>\n", escape(name)),
    });
    html.push_str("<h3>Identity headers</h3>\n");
    if received.headers.is_empty() {
        html.push_str("<p>None.</p>\n");
    } else {
        html.push_str("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Identity headers\"><table>\n");
        for (name, value) in &received.headers {
            let (name, value) = (escape(name), escape(value));
            let _ = writeln!(html, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
        }
        html.push_str("</table></div>\n");
    }
    if let Some(assertion) = &received.assertion {
        let _ = write!(
            html,
            "<h3>The signed assertion, decoded</h3>\n\
             <p>Decoded only, not verified: a real application checks the signature before it believes a word.</p>\n\
             <pre tabindex=\"0\">{}</pre>\n",
            escape(assertion)
        );
    }
    html
}
