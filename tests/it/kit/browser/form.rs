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

/// The opening tags of one kind.
fn tags<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    page.split('<').filter_map(move |part| part.strip_prefix(name)?.strip_prefix(' ')?.split('>').next())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&"))
}
