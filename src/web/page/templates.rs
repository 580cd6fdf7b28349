//! Templates for tickets and merge requests: Markdown files on the default branch of a repository that the tracker is tied to and the visitor may see.
//! They are text that a form begins with; nothing in them is done.
//!
//! As Forgejo and GitHub have them: `ISSUE_TEMPLATE/*.md` or `ISSUE_TEMPLATE.md`, and the same with `PULL_REQUEST_TEMPLATE`, in `.forgejo`, `.gitea`,
//! `.github`, the root or `docs`, in whatever case; the first of these that has any counts. Of YAML before the text, only lines `key: value` are read,
//! with quotes or without, and lists as `[a, b]`, as `a, b` or as lines `- a` below the key; forms in YAML are left out.

use crate::answer::WebResult;
use crate::fed::peers;
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_HEAD_LINES_MAX, TEMPLATES_MAX};
use crate::page::files::read;
use crate::page::head::Head;
use crate::page::plans::{self, Preset};
use crate::page::shell::with;
use crate::page::visit::Visit;
use crate::page::who::Kind;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::ResourceKind;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{Content, EntryKind};

const PLACES: [&str; 5] = [".forgejo", ".gitea", ".github", "", "docs"];

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its file, by which an address names it.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// The title that a form begins with.
    pub title: String,
    /// Names of labels.
    pub labels: Vec<String>,
    /// The text that a form begins with.
    pub text: String,
}

/// The templates of a tracker, and what is chosen of them.
#[derive(Default)]
pub struct Templates {
    /// All of them: where each is chosen.
    pub all: Vec<(String, Template)>,
    /// Where none is chosen.
    pub blank: String,
    /// What a form begins with.
    pub chosen: Template,
    /// Whether one is yet to be chosen.
    pub asks: bool,
    /// The labels of the one that is chosen, as far as the tracker has them and the visitor may set them.
    pub presets: Vec<Preset>,
}

impl Templates {
    /// Those of a tracker's page.
    pub async fn of(visit: &Visit, kind: Kind, head: &Head, workflow: Option<&ActorId>) -> WebResult<Self> {
        let blank = format!("{}#open", with(&[("template", "")], &head.path));
        let all = found(visit, kind, &head.id).await?;
        let wanted = visit.asked("template");
        let chosen = match wanted {
            Some(file) => all.iter().find(|template| template.file == file),
            None if all.len() == 1 => all.first(),
            None => None,
        };
        let chosen = chosen.cloned().unwrap_or_default();
        let may_set = head.may(pritchel_actors::access::Role::Triage) && head.collaborates;
        let presets = match workflow.filter(|_| may_set && !chosen.labels.is_empty()) {
            Some(workflow) => plans::presets(visit, workflow, &chosen.labels).await?,
            None => Vec::new(),
        };
        Ok(Self {
            asks: wanted.is_none() && all.len() > 1,
            presets,
            chosen,
            blank,
            all: all
                .into_iter()
                .map(|template| (format!("{}#open", with(&[("template", &template.file)], &head.path)), template))
                .collect(),
        })
    }
}

/// The templates in the first repository that has any, of those that the tracker is tied to.
async fn found(visit: &Visit, kind: Kind, tracker: &ActorId) -> WebResult<Vec<Template>> {
    let (whose, tie, name) = match kind {
        Kind::PATCHES => (ResourceKind::PatchTracker, (TieKind::Patches, TieSide::Consumer), "pull_request_template"),
        Kind::TRACKER => (ResourceKind::TicketTracker, (TieKind::Tickets, TieSide::Consumer), "issue_template"),
        _ => return Ok(Vec::new()),
    };
    let tied = peers::tied(&visit.front, (whose, tracker), tie, visit.viewer().as_ref(), (None, 4)).await?;
    for repository in tied.items {
        if Kind::of(&visit.front.settings, &repository) != Some(Kind::REPOSITORY) {
            continue;
        }
        let view = ViewRepository { viewer: visit.viewer() };
        match visit.front.node.look::<pritchel_actors::Repository, _>(&repository, &view).await {
            Ok(_) => {}
            Err(ViewError::Refused(_) | ViewError::NoActor) => continue,
            Err(error) => return Err(error.into()),
        }
        // What cannot be read is no reason to show no tracker.
        let files =
            read(visit, &repository, move |reader| files(reader, name)).await.ok().flatten().unwrap_or_default();
        if !files.is_empty() {
            return Ok(files.into_iter().map(|(file, text)| parsed(file, &text)).collect());
        }
    }
    Ok(Vec::new())
}

/// The files of that name, or in a folder of that name, with their texts.
fn files(reader: &Reader, name: &str) -> Result<Vec<(String, String)>, ReadError> {
    let branch = reader.head()?.branch;
    let Ok(resolved) = reader.resolve(branch.as_branch().unwrap_or(branch.as_str())) else { return Ok(Vec::new()) };
    let commit = resolved.commit;
    for place in PLACES {
        let Ok(listing) = reader.list_names(commit, place) else { continue };
        let mut paths = Vec::new();
        for entry in &listing.entries {
            let (small, path) = (entry.name.to_lowercase(), below(place, &entry.name));
            if entry.kind == EntryKind::Directory && small == name {
                let inside = reader.list_names(commit, &path)?.entries;
                paths.extend(
                    inside
                        .iter()
                        .filter(|entry| is_text(entry.kind, &entry.name))
                        .map(|entry| below(&path, &entry.name)),
                );
            } else if is_text(entry.kind, &entry.name) && small == format!("{name}.md") {
                paths.push(path);
            }
        }
        let mut found = Vec::new();
        for path in paths.into_iter().take(TEMPLATES_MAX) {
            if let Content::Whole { bytes, binary: false } = reader.file(commit, &path, TEMPLATE_BYTES_MAX)?.content {
                found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn is_text(kind: EntryKind, name: &str) -> bool {
    matches!(kind, EntryKind::File | EntryKind::Executable) && name.to_lowercase().ends_with(".md")
}

/// A template of what its file holds.
fn parsed(file: String, text: &str) -> Template {
    let text = text.replace("\r\n", "\n");
    let (head, text) = match text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")) {
        Some((head, rest)) if rest.is_empty() || rest.starts_with('\n') => (head, rest),
        _ => ("", text.as_str()),
    };
    let stem = file.rsplit('/').next().unwrap_or(&file);
    let stem = stem.get(..stem.len().saturating_sub(3)).unwrap_or(stem).to_owned();
    let mut template =
        Template { name: stem, text: text.trim_start_matches('\n').to_owned(), file, ..Template::default() };
    let mut list = false;
    for line in head.lines().take(TEMPLATE_HEAD_LINES_MAX) {
        if let Some(item) = line.trim_start().strip_prefix("- ").filter(|_| list) {
            template.labels.push(plain(item).to_owned());
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        list = key == "labels";
        match (key, value.trim()) {
            (_, "") => {}
            ("name", value) => template.name = plain(value).to_owned(),
            ("about" | "description", value) => template.about = plain(value).to_owned(),
            ("title", value) => template.title = plain(value).to_owned(),
            ("labels", value) => {
                let inner =
                    value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or_else(|| plain(value));
                template.labels.extend(inner.split(',').map(|one| plain(one).to_owned()));
            }
            _ => {}
        }
    }
    template.labels.retain(|label| !label.is_empty());
    template.labels.truncate(TEMPLATES_MAX);
    template
}

/// A value without its quotes.
fn plain(value: &str) -> &str {
    let value = value.trim();
    let quoted = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_part_of_yaml_is_read_and_the_rest_left_alone() {
        let labels = |text: &str| parsed("x.md".to_owned(), &format!("---\n{text}\n---\nHi")).labels;
        let text =
            "---\nname: 'A bug'\nabout: It: leaks\r\ntitle: \"[BUG] \"\nassignees: ''\nx: &a [b\n---\n\n## What\n";
        let bug = parsed(".github/ISSUE_TEMPLATE/bug.md".to_owned(), text);
        assert_eq!((bug.name.as_str(), bug.about.as_str(), bug.title.as_str()), ("A bug", "It: leaks", "[BUG] "));
        assert_eq!(bug.text, "## What\n");
        assert_eq!(labels("labels: bug, 'help wanted'"), ["bug", "help wanted"]);
        assert_eq!(labels("labels: [\"bug\", idea]"), ["bug", "idea"]);
        assert_eq!(labels("labels:\n  - bug\n  - \"idea\"\nname: x\n  - none"), ["bug", "idea"]);
        assert_eq!(labels("labels: ''"), [""; 0]);
        for bare in ["Just text", "---\nname: x\nnever closed", "---- \n---\n"] {
            let template = parsed("docs/Bug.MD".to_owned(), bare);
            assert_eq!((template.name.as_str(), template.text.as_str()), ("Bug", bare), "{bare}");
        }
    }
}
