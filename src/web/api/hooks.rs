//! News as webhooks tell them: the JSON that receivers of Forgejo and Gitea read. People and resources have addresses here and no numbers, so
//! each `id` is a number that follows from the address.
//!
//! Source: Forgejo, `modules/structs/hook.go` and what it is made of. Fields that nothing here has a meaning for are empty or left out.

use crate::api::statuses::time;
use crate::ports::Front;
use aws_lc_rs::digest::{SHA256, digest};
use pritchel_actor::ActorId;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::common::Resource;
use pritchel_actors::common::naming::{host, key, origin};
use pritchel_actors::common::text::Html;
use pritchel_actors::hooks::news::TicketNews;
use pritchel_actors::hooks::send::HookMade;
use pritchel_actors::hooks::view::HookToSend;
use pritchel_actors::hooks::{News, TicketAction};
use pritchel_actors::patch_tracker::merge_request::Branch;
use pritchel_actors::patch_tracker::versions::version_uri;
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::repository::report_push::{MovedRef, PushedCommit};
use pritchel_actors::ticket_tracker::ticket::{Comment, Source, ticket_uri};
use pritchel_actors::{Person, Repository};
use pritchel_git::names::RefName;
use pritchel_git::place::RepoKey;
use pritchel_git::read::Reader;
use serde_json::{Value, json};

/// Writes out what a hook of this actor is to be told.
pub async fn written(front: &Front, actor: &ActorId, of: &HookToSend, news: &News) -> HookMade {
    let told = Told { front, actor, resource: &of.resource };
    let event = of.delivery.event.as_str();
    let (exact, json) = match news {
        News::Ping { by } => (event, told.ping(of, by).await),
        News::Moved { by, moved } => (event, told.moved(event, by.as_ref(), moved).await),
        News::Ticket { by, action, ticket } if ticket.ticket.merge.is_some() => {
            let sync = *action == TicketAction::Synchronized;
            (if sync { "pull_request_sync" } else { event }, told.merge_request(by, *action, ticket).await)
        }
        News::Ticket { by, action, ticket } => (event, told.ticket(by, *action, ticket).await),
        News::Comment { by, action, ticket, comment } => {
            let exact = if ticket.ticket.merge.is_some() { "pull_request_comment" } else { event };
            (exact, told.comment(by, *action, ticket, comment).await)
        }
    };
    HookMade { exact: exact.to_owned(), json: json.to_string() }
}

/// A number that stands for an address: 48 bits of its hash, which every reader of JSON takes.
fn number(address: &str) -> u64 {
    digest(&SHA256, address.as_bytes()).as_ref().iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A text as it was written; of another server's, which may not say, as plain text.
fn written_by(source: Option<&Source>, content: &Html) -> String {
    source.map_or_else(|| content.to_plain(), |source| source.content.clone())
}

/// The hash that stands for no commit, as long as another one.
fn nothing(other: Option<&String>) -> String {
    "0".repeat(other.map_or(40, String::len))
}

struct Told<'t> {
    front: &'t Front,
    actor: &'t ActorId,
    resource: &'t Resource,
}

impl Told<'_> {
    async fn ping(&self, of: &HookToSend, by: &ActorId) -> Value {
        let events: Vec<&str> = of.hook.events.iter().map(|event| event.as_str()).collect();
        json!({
            "hook": {"type": "forgejo", "active": of.hook.active, "events": events},
            "repository": self.own().await,
            "sender": self.user(by).await,
        })
    }

    async fn moved(&self, event: &str, by: Option<&ActorId>, moved: &MovedRef) -> Value {
        let (name, old, new) = (&moved.update.name, moved.update.old.as_ref(), moved.update.new.as_ref());
        let branch = name.strip_prefix("refs/heads/");
        let short = branch.or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name);
        let ref_type = if branch.is_some() { "branch" } else { "tag" };
        let sender = self.user(by.unwrap_or(self.actor)).await;
        let repository = self.own().await;
        match event {
            "create" => {
                json!({"sha": new, "ref": short, "ref_type": ref_type, "repository": repository, "sender": sender})
            }
            "delete" => json!({
                "ref": short, "ref_type": ref_type, "pusher_type": "user", "repository": repository, "sender": sender,
            }),
            _ => {
                let commits: Vec<Value> = moved.newest.iter().map(|one| self.commit(one)).collect();
                let compare = old.zip(new).map(|(old, new)| format!("{}/compare/{old}...{new}", self.actor));
                json!({
                    "ref": name,
                    "before": old.cloned().unwrap_or_else(|| nothing(new)),
                    "after": new.cloned().unwrap_or_else(|| nothing(old)),
                    "compare_url": compare.unwrap_or_default(),
                    "head_commit": commits.first(),
                    "total_commits": moved.total.unwrap_or(commits.len() as u64),
                    "commits": commits,
                    "repository": repository,
                    "pusher": sender,
                    "sender": sender,
                })
            }
        }
    }

    fn commit(&self, commit: &PushedCommit) -> Value {
        let person = |(name, email): &(String, String)| json!({"name": name, "email": email, "username": ""});
        let message = match commit.description.as_str() {
            "" => commit.title.clone(),
            rest => format!("{}\n\n{rest}", commit.title),
        };
        json!({
            "id": commit.hash,
            "message": message,
            "url": format!("{}/commits/{}", self.actor, commit.hash),
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "verification": null,
            "timestamp": time(commit.committed),
            "added": null,
            "removed": null,
            "modified": null,
        })
    }

    async fn ticket(&self, by: &ActorId, action: TicketAction, ticket: &TicketNews) -> Value {
        json!({
            "action": action.as_str(),
            "number": ticket.number,
            "issue": self.issue(ticket).await,
            "repository": self.about(ticket).await,
            "sender": self.user(by).await,
            "commit_id": "",
        })
    }

    async fn comment(&self, by: &ActorId, action: TicketAction, ticket: &TicketNews, comment: &Comment) -> Value {
        let page = ticket_uri(self.actor, ticket.number);
        let is_pull = ticket.ticket.merge.is_some();
        json!({
            "action": action.as_str(),
            "issue": self.issue(ticket).await,
            "comment": {
                "id": number(&comment.id),
                "url": comment.id,
                "html_url": page,
                "issue_url": if is_pull { "" } else { page.as_str() },
                "pull_request_url": if is_pull { page.as_str() } else { "" },
                "user": self.user(&comment.author).await,
                "body": written_by(comment.source.as_ref(), &comment.content),
                "created_at": time(comment.published),
                "updated_at": time(comment.updated.unwrap_or(comment.published)),
            },
            "repository": self.about(ticket).await,
            "sender": self.user(by).await,
            "is_pull": is_pull,
        })
    }

    /// What a ticket and a merge request have in common.
    async fn issue(&self, news: &TicketNews) -> Value {
        let (ticket, page) = (&news.ticket, ticket_uri(self.actor, news.number));
        let mut assignees = Vec::new();
        for assignment in &ticket.assignees {
            assignees.push(self.user(&assignment.who).await);
        }
        let closed = ticket.resolved.as_ref().map(|resolved| resolved.at);
        let changed = ticket.updated.max(closed).unwrap_or(ticket.published);
        json!({
            "id": number(&page),
            "url": page,
            "html_url": page,
            "number": news.number,
            "user": self.user(&ticket.author).await,
            "title": ticket.title.as_str(),
            "body": written_by(ticket.source.as_ref(), &ticket.content),
            "labels": [],
            "milestone": null,
            "assignee": assignees.first(),
            "assignees": assignees,
            "state": if closed.is_some() { "closed" } else { "open" },
            "is_locked": false,
            "comments": ticket.comments,
            "created_at": time(ticket.published),
            "updated_at": time(changed),
            "closed_at": closed.map(time),
            "due_date": null,
        })
    }

    async fn merge_request(&self, by: &ActorId, action: TicketAction, news: &TicketNews) -> Value {
        let mut request = self.issue(news).await;
        let page = ticket_uri(self.actor, news.number);
        if let Some(merge) = &news.ticket.merge {
            let version = news.version.as_ref();
            let (target, origin) = (&merge.offer.target, merge.offer.origin.as_ref());
            let (_, tip) = self.on_disk(&target.repository, Some(&target.name)).await;
            let base = tip.or_else(|| version.and_then(|version| version.base.clone()));
            let diff = format!("{}/diff", version_uri(self.actor, news.number, merge.versions));
            let merged = merge.merged.as_ref();
            let resolved = news.ticket.resolved.as_ref().filter(|_| merged.is_some());
            let merged_by = match resolved {
                Some(resolved) => self.user(&resolved.by).await,
                None => Value::Null,
            };
            let more = json!({
                "base": self.branch(target, base).await,
                "head": self.branch(origin.unwrap_or(target), version.map(|version| version.head.clone())).await,
                "merge_base": version.and_then(|version| version.base.clone()).unwrap_or_default(),
                "diff_url": if merge.versions > 0 { diff.as_str() } else { "" },
                // It has no address as patches.
                "patch_url": "",
                "mergeable": null,
                "merged": merged.is_some(),
                "merged_at": resolved.map(|resolved| time(resolved.at)),
                "merge_commit_sha": merged.map(|merged| merged.commit.clone()),
                "merged_by": merged_by,
            });
            if let (Some(request), Value::Object(more)) = (request.as_object_mut(), more) {
                request.extend(more);
            }
        }
        json!({
            "action": action.as_str(),
            "number": news.number,
            "url": page,
            "pull_request": request,
            "requested_reviewer": null,
            "repository": self.about(news).await,
            "sender": self.user(by).await,
            "commit_id": "",
            "review": null,
        })
    }

    async fn branch(&self, branch: &Branch, sha: Option<String>) -> Value {
        json!({
            "label": branch.short(),
            "ref": branch.short(),
            "sha": sha.unwrap_or_default(),
            "repo_id": number(branch.repository.as_str()),
            "repo": self.repository(&branch.repository).await,
        })
    }

    /// The repository that a ticket is about; where there is none, its tracker stands for it.
    async fn about(&self, ticket: &TicketNews) -> Value {
        match &ticket.repository {
            Some(repository) => self.repository(repository).await,
            None => self.own().await,
        }
    }

    async fn own(&self) -> Value {
        self.shown(self.actor, self.resource).await
    }

    /// Some repository, as everybody is shown it: whoever reads what a hook tells is nobody in particular.
    async fn repository(&self, repository: &ActorId) -> Value {
        if repository == self.actor {
            return self.own().await;
        }
        let view = ViewResource { viewer: None };
        match self.front.node.look::<Repository, _>(repository, &view).await {
            Ok(shown) => self.shown(repository, &shown.resource).await,
            Err(_) => json!({"id": number(repository.as_str()), "html_url": repository}),
        }
    }

    async fn shown(&self, actor: &ActorId, resource: &Resource) -> Value {
        let owner = self.user(&resource.creator).await;
        let name = resource.handle.clone().unwrap_or_else(|| key(actor).to_owned());
        let login = owner["login"].as_str().unwrap_or_default();
        let (default_branch, _) = self.on_disk(actor, None).await;
        json!({
            "id": number(actor.as_str()),
            "full_name": format!("{login}/{name}"),
            "owner": owner,
            "name": name,
            "description": resource.summary.as_ref().map(Html::to_plain).unwrap_or_default(),
            "private": resource.visibility == pritchel_actors::common::Visibility::Private,
            "archived": resource.archived.is_some(),
            "html_url": actor,
            "url": actor,
            "clone_url": format!("{actor}.git"),
            "ssh_url": "",
            "website": "",
            "default_branch": default_branch.unwrap_or_default(),
            "created_at": time(resource.published),
        })
    }

    /// The default branch of a repository of this server, and where one of its branches is now.
    async fn on_disk(&self, repository: &ActorId, branch: Option<&String>) -> (Option<String>, Option<String>) {
        let Ok(key) = key(repository).parse::<RepoKey>() else { return (None, None) };
        let branch = branch.and_then(|name| name.parse::<RefName>().ok());
        let repos = self.front.repos.clone();
        let read = tokio::task::spawn_blocking(move || {
            let reader = Reader::open(&repos.find(&key).ok()?).ok()?;
            let head = reader.head().ok()?.branch;
            let tip = branch.and_then(|name| reader.target(&name).ok()?).map(|id| id.to_string());
            Some((head.as_branch().map(str::to_owned), tip))
        });
        read.await.ok().flatten().unwrap_or_default()
    }

    /// Somebody, here or elsewhere.
    async fn user(&self, actor: &ActorId) -> Value {
        let (login, full) = match self.front.node.look::<Person, _>(actor, &ViewPerson).await {
            Ok(person) => (person.name, person.display_name.map(|name| name.to_string())),
            Err(_) if origin(actor) == origin(self.actor) => (key(actor).to_owned(), None),
            Err(_) => match self.front.ports.remembered_name(actor.clone()).await {
                Some(called) => {
                    let at = called.host.unwrap_or_else(|| host(actor).to_owned());
                    (format!("{}@{at}", called.name), None)
                }
                None => (actor.to_string(), None),
            },
        };
        json!({
            "id": number(actor.as_str()),
            "login": login,
            "username": login,
            "full_name": full.unwrap_or_default(),
            "email": "",
            "avatar_url": "",
            "html_url": actor,
        })
    }
}
