//! Templates of tickets: files of the repository that the tracker is tied to, which a form begins with.

use super::browser::Browser;
use super::files::{git, pushed};
use super::workflow::{actor, makes, ties};
use crate::world::World;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_web::limits::TEMPLATE_BYTES_MAX;

const BUG: &str = "---\nname: A <bug>\nabout: Something leaks\ntitle: '[\"BUG\"] '\nlabels: bug, none-such\n---\n\n</textarea><script>x</script>\n";

/// Commits files to the repository's default branch.
fn commits(world: &World, repo: &ActorId, files: &[(&str, &str)]) {
    let work = world.dir.path().join("work");
    for (path, text) in files {
        let path = work.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    git(&work, &["add", "."]);
    git(&work, &["commit", "-q", "-m", "Templates"]);
    let at = world.front.repos.find(&key(repo).parse().unwrap()).unwrap();
    git(&work, &["push", "-q", at.path().to_str().unwrap(), "main"]);
}

#[tokio::test]
async fn a_ticket_begins_with_a_template_of_the_repository() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let tracker = makes(&mut alice, &kitchen, "TicketTracker", "Bugs").await;
    let workflow = makes(&mut alice, &kitchen, "Workflow", "Steps").await;
    let on = ("resource", workflow.as_str());
    alice.does("/do/make-enum", &[on, ("name", "Kind"), ("values", "Bug\r\nidea"), ("ordered", "on")]).await;
    alice.does("/do/make-field", &[on, ("name", "Kind"), ("kind", &format!("{workflow}/enums/1"))]).await;
    ties(&mut alice, &tracker, "trackerWorkflow", &workflow).await;
    let repo = pushed(&world, &a).await;
    ties(&mut alice, &tracker, "tracksTicketsFor", repo.as_str()).await;
    assert!(!bob.sees(&tracker).await.contains("aria-label=\"Templates\""), "there are none");

    let long = "x".repeat(TEMPLATE_BYTES_MAX + 1);
    let bug = ".github/ISSUE_TEMPLATE/bug.md";
    commits(
        &world,
        &repo,
        &[(bug, BUG), (".github/ISSUE_TEMPLATE/long.md", &long), (".github/ISSUE_TEMPLATE/x.yml", "name: x")],
    );
    // The only one is begun with at once.
    let page = bob.sees(&tracker).await;
    assert!(page.contains("value=\"[&#34;BUG&#34;] \"") && page.contains("A &#60;bug&#62;"), "{page}");
    assert!(page.contains("&#60;/textarea&#62;&#60;script&#62;x") && !page.contains("<script>x"), "{page}");
    assert!(!page.contains("preset:"), "bob may set no labels");

    commits(&world, &repo, &[(".github/ISSUE_TEMPLATE/idea.md", "What if …\n")]);
    let page = bob.sees(&tracker).await;
    assert!(page.contains("Something leaks") && page.contains(">idea</a>"), "{page}");
    assert!(!page.contains("action=\"/do/open-ticket\""), "one is chosen first: {page}");
    assert!(bob.sees(&format!("{tracker}?template=")).await.contains("action=\"/do/open-ticket\""));
    assert!(!bob.sees(&format!("{tracker}?template=README.md")).await.contains("A pot"), "other files are none");
    let page = alice.sees(&format!("{tracker}?template={}", bug.replace('/', "%2F"))).await;
    let field = format!("{workflow}/fields/1");
    let value = format!("{workflow}/enums/1/values/1");
    assert!(page.contains(&format!("name=\"preset:{field}\" value=\"{value}\" checked")), "{page}");

    let open =
        [("tracker", tracker.as_str()), ("title", "[BUG] hot"), ("text", "x"), (&*format!("preset:{field}"), &*value)];
    let ticket = alice.does("/do/open-ticket", &open).await;
    let ticket = alice.sees(&ticket).await;
    assert!(ticket.contains("[BUG] hot") && ticket.contains("Bug"), "{ticket}");
    let narrowed = bob.sees(&format!("{tracker}?label={}", value.replace(':', "%3A").replace('/', "%2F"))).await;
    assert!(narrowed.contains("[BUG] hot"), "{narrowed}");
    // What is in a repository is for those who may see it.
    alice.does("/do/set-visibility", &[("resource", repo.as_str()), ("visibility", "private")]).await;
    let page = bob.sees(&tracker).await;
    assert!(page.contains("action=\"/do/open-ticket\"") && !page.contains("Something leaks"), "{page}");
    assert!(alice.sees(&tracker).await.contains("Something leaks"));
}
