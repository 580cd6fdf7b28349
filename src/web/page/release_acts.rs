//! What forms do about releases.

use crate::answer::{WebError, WebResult};
use crate::page::acts::typed;
use crate::page::authority::Authority;
use crate::page::fields::{Fields, wrong};
use crate::page::files;
use crate::page::merge::sees;
use crate::page::visit::{Me, Visit};
use http::StatusCode;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::release_tracker::Asset;
use pritchel_actors::release_tracker::release::release_no;
use pritchel_actors::release_tracker::view::ViewRelease;
use pritchel_actors::{ReleaseTracker, client};

/// The names of these forms.
pub const FORMS: [&str; 5] =
    ["open-release", "edit-release", "delete-release", "add-release-milestone", "remove-release-milestone"];

/// The activity that one of [`FORMS`] stands for.
pub async fn release(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    let tracker = fields.actor("resource")?;
    let capability = Authority::of(visit, me, &tracker, fields).await?.needed(&tracker)?;
    let pre_release = fields.ticked("pre_release");
    if what == "open-release" {
        let (repository, tag) = (fields.actor("repository")?, fields.need("tag")?);
        let title = fields.text("title").unwrap_or(tag);
        let hash = commit(visit, &repository, tag, fields.text("commit")).await?;
        let assets = assets(&fields.exact("assets"), &[])?;
        let (texts, assets) = ([tag, title, &typed(fields)], borrowed(&assets));
        return Ok(client::open_release(&tracker, texts, (&repository, &hash), pre_release, &assets, &capability));
    }
    let release = fields.uri("release")?;
    Ok(match what {
        "edit-release" => {
            let assets = assets(&fields.exact("assets"), &kept(visit, &tracker, release).await?)?;
            let terms = client::release(fields.need("title")?, &typed(fields), pre_release, &borrowed(&assets));
            client::edit_release(&tracker, release, Value::Object(terms), &capability)
        }
        "delete-release" => client::delete_release(&tracker, release, &capability),
        "add-release-milestone" => client::add_milestone(&tracker, release, fields.uri("milestone")?, &capability),
        "remove-release-milestone" => {
            client::remove_milestone(&tracker, release, fields.uri("milestone")?, &capability)
        }
        _ => return Err(WebError::not_found()),
    })
}

/// The hash of the commit to release: that of the tag, unless another is named. Of a repository of another server nothing can
/// be looked up: there the hash is needed.
async fn commit(visit: &Visit, repository: &ActorId, tag: &str, named: Option<&str>) -> WebResult<String> {
    if !sees(visit, repository).await? {
        let why = "expected the hash of a commit: the tags of a repository of another server are not known here";
        return named.map(str::to_owned).ok_or_else(|| wrong(why));
    }
    let name = named.map_or_else(|| format!("refs/tags/{tag}"), str::to_owned);
    let missing = wrong(format!("there is no `{name}` in the repository: push it first"));
    match files::read(visit, repository, move |reader| reader.resolve(&name)).await {
        Ok(Some(resolved)) => Ok(resolved.commit.to_string()),
        Err(error) if error.status != StatusCode::NOT_FOUND => Err(error),
        Ok(None) | Err(_) => Err(missing),
    }
}

/// The assets that a release has now.
async fn kept(visit: &Visit, tracker: &ActorId, release: &str) -> WebResult<Vec<Asset>> {
    let number = release_no(tracker, release).ok_or_else(WebError::not_found)?;
    let view = ViewRelease { viewer: visit.viewer(), number, after: None, limit: 0 };
    Ok(visit.front.node.look::<ReleaseTracker, _>(tracker, &view).await?.release.assets)
}

/// Files as a form has them: one a line, the address and, if there is one, the name.
/// - `kept`: those there are already, whose media types stay
fn assets(text: &str, kept: &[Asset]) -> WebResult<Vec<[String; 3]>> {
    let mut assets = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (href, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let last = href.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(href);
        let name = if name.trim().is_empty() { last } else { name.trim() };
        if !href.starts_with("https://") && !href.starts_with("http://") {
            return Err(wrong(format!("expected the address of a file, then its name, found {line:?}")));
        }
        let media_type = kept.iter().find(|asset| asset.href == href).map(|asset| asset.media_type.as_str());
        let media_type = media_type.unwrap_or_else(|| media_type_of(last));
        assets.push([href.to_owned(), media_type.to_owned(), name.to_owned()]);
    }
    Ok(assets)
}

fn borrowed(assets: &[[String; 3]]) -> Vec<[&str; 3]> {
    assets.iter().map(|[href, media_type, name]| [href.as_str(), media_type, name]).collect()
}

/// What a file is likely to be, by the ending of its name.
fn media_type_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "gz" | "tgz" => "application/gzip",
        "zip" => "application/zip",
        "xz" => "application/x-xz",
        "zst" => "application/zstd",
        "deb" => "application/vnd.debian.binary-package",
        "pdf" => "application/pdf",
        "txt" | "md" | "sig" | "asc" | "sha256" => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_actors::common::text::Line;

    #[test]
    fn files_are_named_one_a_line() {
        let kept = Asset {
            href: "https://a.example/x".to_owned(),
            media_type: "application/x-tea".to_owned(),
            name: Line::parse("x").unwrap(),
        };
        let text = "https://a.example/tea.tar.gz  The tea \n\nhttps://a.example/x\r\nhttps://a.example/ y";
        let found = assets(text, &[kept]).unwrap();
        assert_eq!(found[0], ["https://a.example/tea.tar.gz", "application/gzip", "The tea"]);
        assert_eq!(found[1], ["https://a.example/x", "application/x-tea", "x"]);
        assert_eq!(found[2][2], "y");
        for bad in ["tea.deb", "javascript:x y"] {
            assert!(assets(bad, &[]).is_err(), "{bad}");
        }
    }
}
