//! `GET` and `POST /repos/{key}/add|edit|remove/{branch}/{path}`: one file changed in a browser. What comes of it is a push of the
//! visitor: to the branch, to a new one, or an offer to merge it. Whoever may not push can offer, where there is a tracker for it.

use crate::answer::{WebError, WebResult};
use crate::git::access::{may, takes_offers};
use crate::git::author::author;
use crate::git::edited::{Edited, push_edit};
use crate::git::ensure_repo;
use crate::git::pushed::Push;
use crate::limits::{EDIT_BODY_CHARS_MAX, EDIT_TITLE_CHARS_MAX, FILE_SHOWN_BYTES_MAX};
use crate::page::code::draft::{Draft, To, draft_of};
use crate::page::code::{Spot, address, asked};
use crate::page::files::{below, part, read, size};
use crate::page::head::Head;
use crate::page::parts::Why;
use crate::page::shell::{error, page_of};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, href};
use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, Uri};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::access::Role;
use pritchel_git::edit::{Edit, EditError, packed};
use pritchel_git::limits::{EDITED_BYTES_MAX, EDITED_PATH_BYTES_MAX};
use pritchel_git::names::RefName;
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::smart_http::Service;
use pritchel_git::tree::{Content, EntryKind};

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A new one.
    Add,
    /// It holds something else, or has another name.
    Change,
    /// It goes.
    Remove,
}

impl Deed {
    /// What an address calls it.
    fn segment(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "edit",
            Self::Remove => "remove",
        }
    }

    /// The first line of a message, if none is written.
    fn message(self, path: &[u8]) -> String {
        let verb = match self {
            Self::Add => "Add",
            Self::Change => "Change",
            Self::Remove => "Remove",
        };
        format!("{verb} {}", String::from_utf8_lossy(path)).chars().take(EDIT_TITLE_CHARS_MAX).collect()
    }
}

/// A branch of a repository, what is to be done to it, and how the visitor may.
struct Desk {
    actor: ActorId,
    head: Head,
    deed: Deed,
    branch: RefName,
    /// The directory, or the file, in the newest commit; in a repository to which nothing was pushed there is none.
    spot: Option<Spot>,
    /// The path that the address names.
    path: Vec<u8>,
    /// What the file holds now, if it is text.
    text: Option<String>,
    /// Whether the visitor may push.
    writes: bool,
    /// The Grant that a push of theirs is by, if the repository did not give them their role itself.
    grant: Option<ActId>,
    /// Whether they may offer.
    offers: bool,
}

#[derive(Template)]
#[template(path = "editor.html")]
struct Editor<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    desk: &'a Desk,
    draft: Draft,
    why: Option<Why>,
    /// Whether what is there now may be replaced all the same.
    moved: bool,
    /// Bytes of a path; characters of the first line of a message, and of the rest.
    limits: [usize; 3],
}

impl Editor<'_> {
    fn title(&self) -> String {
        let name = String::from_utf8_lossy(&self.desk.path).into_owned();
        match self.desk.deed {
            Deed::Add => "New file".to_owned(),
            Deed::Change => format!("Edit {name}"),
            Deed::Remove => format!("Remove {name}"),
        }
    }

    fn branch(&self) -> &str {
        self.desk.branch.as_branch().unwrap_or(self.desk.branch.as_str())
    }

    /// How large a file may be.
    fn most(&self) -> String {
        size(EDITED_BYTES_MAX as u64)
    }

    /// The first line of the message, if none is written.
    fn message(&self) -> String {
        match (self.desk.deed, self.draft.path.is_empty()) {
            (Deed::Add, true) => "Add a file".to_owned(),
            (deed, _) => deed.message(&self.desk.path),
        }
    }
}

/// Whether the visitor is shown ways to change files of this branch.
pub async fn may_edit(visit: &Visit, head: &Head) -> WebResult<bool> {
    if visit.me.is_none() || !head.is_open() {
        return Ok(false);
    }
    Ok(head.may(Role::Write) || takes_offers(&visit.front, &head.id, visit.viewer()).await?)
}

/// `GET …/add/{branch}/{directory}`.
pub async fn add(visit: Visit, uri: Uri) -> Response {
    shown(&visit, &uri, Deed::Add).await
}

/// `GET …/edit/{branch}/{file}`.
pub async fn edit(visit: Visit, uri: Uri) -> Response {
    shown(&visit, &uri, Deed::Change).await
}

/// `GET …/remove/{branch}/{file}`.
pub async fn remove(visit: Visit, uri: Uri) -> Response {
    shown(&visit, &uri, Deed::Remove).await
}

/// `POST …/add/{branch}/{directory}`.
pub async fn do_add(visit: Visit, uri: Uri, form: Result<Multipart, MultipartRejection>) -> Response {
    done(&visit, &uri, Deed::Add, form).await
}

/// `POST …/edit/{branch}/{file}`.
pub async fn do_edit(visit: Visit, uri: Uri, form: Result<Multipart, MultipartRejection>) -> Response {
    done(&visit, &uri, Deed::Change, form).await
}

/// `POST …/remove/{branch}/{file}`.
pub async fn do_remove(visit: Visit, uri: Uri, form: Result<Multipart, MultipartRejection>) -> Response {
    done(&visit, &uri, Deed::Remove, form).await
}

async fn shown(visit: &Visit, uri: &Uri, deed: Deed) -> Response {
    let answer = async {
        let desk = Desk::of(visit, uri, deed).await?;
        let draft = desk.fresh(visit)?;
        desk.page(visit, draft, None).await
    };
    answer.await.unwrap_or_else(|refused| error(visit, refused))
}

async fn done(visit: &Visit, uri: &Uri, deed: Deed, form: Result<Multipart, MultipartRejection>) -> Response {
    let answer = async {
        visit.signed_in()?;
        let form = form.map_err(|why| WebError::malformed(why.body_text()))?;
        let draft = draft_of(visit, form).await?;
        let desk = Desk::of(visit, uri, deed).await?;
        desk.save(visit, draft).await
    };
    answer.await.unwrap_or_else(|refused| error(visit, refused))
}

impl Desk {
    /// - errors: not found, of what is not there or not shown; forbidden, to whoever may neither push nor offer
    async fn of(visit: &Visit, uri: &Uri, deed: Deed) -> WebResult<Self> {
        let me = visit.signed_in()?;
        let (actor, asked) = asked(visit, uri)?;
        let head = Head::of(visit, Kind::REPOSITORY, &actor).await?;
        if !head.is_open() {
            return Err(WebError::forbidden("archived", "the repository is archived: it is only read"));
        }
        // Whoever may do neither is told so, and by which role they could.
        let grant = may(&visit.front, &actor, Some(&me.id), Service::ReceivePack).await?;
        let offers = takes_offers(&visit.front, &actor, visit.viewer()).await?;
        let (own, rev, path) = (head.path.clone(), asked.rev.clone(), asked.path.clone());
        let found = read(visit, &actor, move |reader| at(reader, own, rev, path, deed)).await?;
        let (branch, spot, text) = match found.flatten() {
            Some((branch, spot, text)) => (branch, Some(spot), text),
            // The first file of all.
            None if deed == Deed::Add => {
                let branch = RefName::branch(&asked.rev).map_err(|_| WebError::not_found())?;
                (branch, None, None)
            }
            None => return Err(WebError::not_found()),
        };
        let writes = head.may(Role::Write);
        Ok(Self { actor, head, deed, branch, spot, path: asked.path, text, writes, grant, offers })
    }

    /// The form as it begins.
    fn fresh(&self, visit: &Visit) -> WebResult<Draft> {
        let path = match (self.deed, self.path.is_empty()) {
            (Deed::Add, false) => format!("{}/", String::from_utf8_lossy(&self.path)),
            _ => String::from_utf8_lossy(&self.path).into_owned(),
        };
        if self.deed == Deed::Change && self.text.is_none() {
            let detail = format!("expected a text of at most {FILE_SHOWN_BYTES_MAX} bytes: change it with git");
            return Err(WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "not-text", detail));
        }
        let random: String =
            crate::session::secret(&visit.front).chars().filter(char::is_ascii_alphanumeric).take(6).collect();
        Ok(Draft {
            path,
            text: self.text.clone().unwrap_or_default(),
            seen: self.spot.as_ref().map(|spot| spot.commit),
            to: if self.writes { To::Branch } else { To::Offer },
            new: format!("edit-{}", random.to_ascii_lowercase()),
            ..Draft::default()
        })
    }

    /// The form, with why what was asked for was not done.
    async fn page(&self, visit: &Visit, draft: Draft, why: Option<WebError>) -> WebResult {
        let frame = visit.frame().await?;
        page_of(
            why.as_ref().map_or(StatusCode::OK, |why| why.status),
            &Editor {
                frame: &frame,
                head: &self.head,
                tab: "about",
                desk: self,
                draft,
                moved: why.as_ref().is_some_and(|why| why.code == MOVED),
                why: why.map(|why| Why::of(&why.code, &why.detail)),
                limits: [EDITED_PATH_BYTES_MAX, EDIT_TITLE_CHARS_MAX, EDIT_BODY_CHARS_MAX],
            },
        )
    }

    /// Makes the commit, pushes it, and leads to what came of it. What is refused comes back with what was typed.
    async fn save(&self, visit: &Visit, mut draft: Draft) -> WebResult {
        let me = visit.signed_in()?;
        let onto = match self.onto(&draft) {
            Ok(onto) => onto,
            Err(why) => return self.page(visit, draft, Some(why)).await,
        };
        let put = draft.put(self.deed, &self.path, self.text.as_deref());
        let to = put.as_ref().map(|(path, _)| path.clone());
        let now = self.spot.as_ref().map(|spot| spot.commit);
        // Whoever has read that it was changed may go on from there.
        let seen = if draft.replace { now } else { draft.seen };
        let was = match (self.deed, seen) {
            (Deed::Add, _) => None,
            (_, Some(seen)) => Some((self.path.clone(), seen)),
            (_, None) => return Err(WebError::malformed("expected the commit in which the file was looked at")),
        };
        let message = draft.message(&self.deed.message(to.as_ref().unwrap_or(&self.path)));
        let by = author(&visit.front, &me.id).await;
        let edit = Edit { branch: self.branch.clone(), onto: onto.clone(), was, put, message, by };
        let repo = ensure_repo(&visit.front, &self.actor).await?;
        let at = repo.clone();
        let made = tokio::task::spawn_blocking(move || packed(&at, &edit)).await.map_err(WebError::broken)?;
        let packed = match made {
            Ok(packed) => packed,
            Err(error) => {
                let why = refusal(&error).ok_or_else(|| WebError::broken(&error))?;
                draft.replace = false;
                return self.page(visit, draft, Some(why)).await;
            }
        };
        let push = Push::new(&visit.front, self.actor.clone(), repo.clone(), me.id.clone()).holding(self.grant.clone());
        match push_edit(push, &repo, packed).await? {
            Edited::Moved => Ok(Redirect::to(&self.led_to(&onto, to.as_deref())).into_response()),
            Edited::Offered(uri) => Ok(Redirect::to(&href(visit, &uri)).into_response()),
            Edited::Refused(why) => {
                let why = WebError::forbidden("edit-refused", why);
                self.page(visit, draft, Some(why)).await
            }
        }
    }

    /// The name that is pushed to.
    fn onto(&self, draft: &Draft) -> WebResult<RefName> {
        let short = self.branch.as_branch().unwrap_or_default();
        let wrong = |detail: String| WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "branch-name", detail);
        match draft.to {
            To::Branch => Ok(self.branch.clone()),
            To::New => match RefName::branch(draft.new.trim()) {
                Ok(new) if new == self.branch => {
                    Err(wrong("expected the name of a branch that is not there yet".to_owned()))
                }
                new => new.map_err(|error| wrong(error.to_string())),
            },
            // Each offer is a merge request of its own.
            To::Offer => format!("refs/for/{short}/{}", draft.new.trim())
                .parse()
                .map_err(|_| wrong("expected a name for what is offered: letters, digits and `-`".to_owned())),
        }
    }

    /// Where to look at what was done.
    fn led_to(&self, onto: &RefName, path: Option<&[u8]>) -> String {
        let short = onto.as_branch().unwrap_or_default();
        let own = &self.head.path;
        match (*onto == self.branch, path) {
            (true, Some(path)) => address(own, "tree", short, path),
            (true, None) => own.clone(),
            (false, _) => {
                let from = self.branch.as_branch().unwrap_or_default();
                format!("{own}/compare/{}...{}", part(from), part(short))
            }
        }
    }

    /// The address of the form.
    fn here(&self) -> String {
        let short = self.branch.as_branch().unwrap_or_default();
        address(&self.head.path, self.deed.segment(), short, &self.path)
    }

    /// The file as it is now, or the directory.
    fn back(&self) -> String {
        self.spot.as_ref().map_or_else(|| self.head.path.clone(), |spot| spot.page("tree"))
    }
}

/// The code of a change that somebody else was faster with.
const MOVED: &str = "file-changed";

/// How a change that cannot be made is told; `None` if this server is at fault.
fn refusal(error: &EditError) -> Option<WebError> {
    let told = error.to_string();
    Some(match error {
        EditError::Moved => WebError::new(StatusCode::CONFLICT, "file-changed", told),
        EditError::Exists => WebError::new(StatusCode::CONFLICT, "file-exists", told),
        EditError::NoFile => WebError::new(StatusCode::CONFLICT, "no-such-file", told),
        EditError::Path => WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "file-path", told),
        EditError::Same => WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "file-same", told),
        EditError::TooLarge => WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "file-too-large", told),
        EditError::Git(_) => return None,
    })
}

/// A branch, a place in it, and what the file there holds.
type At = (RefName, Spot, Option<String>);

/// What is to be changed. `None` if there is no branch at all.
fn at(reader: &Reader, own: String, rev: String, path: Vec<u8>, deed: Deed) -> Result<Option<At>, ReadError> {
    if reader.branch_tips()?.is_empty() {
        return Ok(None);
    }
    let not_found = || ReadError::NotFound { what: "branch", name: rev.clone() };
    let resolved = reader.resolve(&rev)?;
    let branch = resolved.name.filter(|name| name.as_branch().is_some()).ok_or_else(not_found)?;
    let spot = Spot { own, rev, commit: resolved.commit, path };
    let (id, kind) = reader.kind_at(spot.commit, &spot.path)?;
    let name = || String::from_utf8_lossy(&spot.path).into_owned();
    let wrong = |expected, found: &str| ReadError::WrongKind { name: name(), expected, found: found.to_owned() };
    let text = match (deed, kind) {
        (Deed::Add, EntryKind::Directory) => None,
        (Deed::Add, _) => return Err(wrong("directory", "file")),
        (_, EntryKind::Directory | EntryKind::Submodule) => return Err(wrong("file", "directory or submodule")),
        (Deed::Change, EntryKind::Link) => return Err(wrong("file", "link")),
        (Deed::Remove, _) => None,
        (Deed::Change, EntryKind::File | EntryKind::Executable) => match reader.blob(id, FILE_SHOWN_BYTES_MAX)?.1 {
            Content::Whole { bytes, binary: false } => String::from_utf8(bytes).ok(),
            _ => None,
        },
    };
    Ok(Some((branch, spot, text)))
}

/// The address at which a file is added to a directory.
pub fn add_to(own: &str, branch: &str, dir: &[u8]) -> String {
    address(own, Deed::Add.segment(), branch, dir)
}

/// The path of a file that came with a name of its own, in a directory.
pub fn uploaded(typed: &str, name: &str) -> Vec<u8> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    match typed.strip_suffix('/') {
        _ if typed.is_empty() => name.as_bytes().to_vec(),
        Some(dir) => below(dir.as_bytes(), name.as_bytes()),
        None => typed.as_bytes().to_vec(),
    }
}
