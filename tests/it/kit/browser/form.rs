//! Forms that a page submits by itself, as providers use them to post.

use url::Url;

use super::Response;

/// Where the form of a self-submitting page goes and what with.
pub(super) fn submitted_at_once(response: &Response) -> Option<(Url, Vec<(String, String)>)> {
    let page = response.text();
    if !response.status.is_success() || !page.contains(".submit()") {
        return None;
    }
    let form = tags(&page, "form").next()?;
    let url = response.url.join(&attribute(form, "action")?).ok()?;
    let fields = tags(&page, "input").filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
    Some((url, fields.collect()))
}

impl Response {
    /// What the form that is sent to `action` would say, were it sent as it is shown: no button pressed.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let page = self.text().replace("&#x2f;", "/");
        let begins = format!("action=\"{action}\"");
        let form = page.split("<form").find(|form| form.split('>').next().is_some_and(|tag| tag.contains(&begins)));
        let form = form.unwrap_or_else(|| panic!("no form to {action}: {page}"));
        let form = form.split("</form>").next().expect("a form");
        let mut fields = Vec::new();
        for tag in tags(form, "input").filter(|tag| !tag.contains("type=\"checkbox\"") || tag.contains(" checked")) {
            fields.extend(attribute(tag, "name").map(|name| (name, attribute(tag, "value").unwrap_or_default())));
        }
        for (tag, inner) in elements(form, "select") {
            let chosen = tags(inner, "option").find(|option| option.contains(" selected"));
            let value = chosen.and_then(|option| attribute(option, "value")).unwrap_or_default();
            fields.extend(attribute(tag, "name").map(|name| (name, value)));
        }
        for (tag, inner) in elements(form, "textarea") {
            let text = inner.strip_prefix('\n').unwrap_or(inner);
            fields.extend(attribute(tag, "name").map(|name| (name, unescaped(text))));
        }
        fields
    }
}

/// Elements of one kind that hold no other of it: the tag, and what stands in it.
fn elements<'a>(page: &'a str, name: &'static str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let pieces = page.split(&format!("<{name} ")).skip(1).collect::<Vec<_>>().into_iter();
    pieces.filter_map(move |rest| rest.split(&format!("</{name}>")).next()?.split_once('>'))
}

/// The opening tags of one kind.
fn tags<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    page.split('<').filter_map(move |part| part.strip_prefix(name)?.strip_prefix(' ')?.split('>').next())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'").replace("&#x2f;", "/");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
