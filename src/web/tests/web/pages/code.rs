//! Pages of code over a real repository, and what they do for those who may not see it, or ask too often.

use super::browser::Browser;
use super::files::{git, pushed, rev_parse};
use crate::world::World;
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_web::limits::{COMMIT_KEPT_S, COSTLY_UNITS};

const RUST: &str = "// <tea> & cups\nfn pour(cups: u32) -> u32 {\n    cups + 1\n}\n";

/// The repository of [`pushed`] with some source, a link, a submodule, and two commits more.
async fn source(world: &World, owner: &ActorId) -> ActorId {
    let id = pushed(world, owner).await;
    let work = world.dir.path().join("work");
    std::fs::create_dir_all(work.join("src")).unwrap();
    std::fs::write(work.join("src/pour.rs"), RUST).unwrap();
    std::fs::write(work.join(".gitmodules"), "[submodule \"c\"]\n\tpath = cup\n\turl = https://cups.example/cup.git\n")
        .unwrap();
    std::os::unix::fs::symlink("../docs/more.md", work.join("src/more")).unwrap();
    git(&work, &["add", "."]);
    let cup = format!("160000,{},cup", "1".repeat(40));
    git(&work, &["update-index", "--add", "--cacheinfo", &cup]);
    git(&work, &["commit", "-q", "-m", "Pour"]);
    std::fs::write(work.join("src/pour.rs"), RUST.replace("cups + 1", "cups + 22")).unwrap();
    git(&work, &["add", "src"]);
    git(&work, &["commit", "-q", "-m", "Pour more <i>"]);
    let repo = world.front.repos.find(&key(&id).parse().unwrap()).unwrap();
    git(&work, &["push", "-q", repo.path().to_str().unwrap(), "main"]);
    id
}

fn head(world: &World, rev: &str) -> String {
    rev_parse(&world.dir.path().join("work"), rev).trim().to_owned()
}

#[tokio::test]
async fn a_directory_shows_the_last_commit_of_each_entry_and_where_links_and_submodules_lead() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let (first, last) = (head(&world, "main~2"), head(&world, "main"));
    for page in [browser.sees(id.as_str()).await, browser.sees(&format!("{id}/tree/main")).await] {
        let row = |name: &str| {
            let (_, rest) = page.split_once(&format!(">{name}</a>")).unwrap_or_else(|| panic!("{name}: {page}"));
            rest.split("</tr>").next().unwrap().to_owned()
        };
        assert!(row("docs/").contains(&format!("/commits/{first}")), "{}", row("docs/"));
        assert!(
            row("src/").contains(&format!("/commits/{last}")) && row("src/").contains("Pour more &#60;i&#62;"),
            "{page}"
        );
        assert!(page.contains("href=\"https://cups.example/cup.git\" rel=\"nofollow noopener\">cup</a>"), "{page}");
        assert!(row("cup").contains("@ 1111111111"), "{page}");
    }
    let src = browser.sees(&format!("{id}/tree/main/src")).await;
    assert!(src.contains("→ ../docs/more.md") && src.contains("/history/main/src"), "{src}");
    let link = browser.sees(&format!("{id}/tree/main/src/more")).await;
    assert!(link.contains("/tree/main/docs/more.md\"><code>../docs/more.md</code>"), "{link}");
    assert_eq!(browser.get(&format!("{id}/tree/main/cup")).await.status, 404, "it is elsewhere");
}

#[tokio::test]
async fn a_file_is_shown_in_colours_with_a_place_for_each_line_and_leads_to_all_about_it() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let at = format!("{id}/tree/main/src/pour.rs");
    let page = browser.sees(&at).await;
    for text in [
        "<span id=L1><a href=\"#L1\">1</a><i class=c>// &lt;tea&gt; &amp; cups</i>\n</span>",
        "<i class=k>fn </i>",
        "4 lines · ",
        " · Rust",
        "/blame/main/src/pour.rs\"",
        "/history/main/src/pour.rs\"",
        "/raw/main/src/pour.rs\"",
        "/raw/main/src/pour.rs?download=1\"",
        &format!("/tree/{}/src/pour.rs\"", head(&world, "main")),
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let marked = browser.sees(&format!("{at}?lines=2-3")).await;
    assert_eq!(marked.matches(" class=hit").count(), 2, "{marked}");
    let led = browser.get(&format!("{at}?go=3-2")).await;
    assert_eq!(led.status, 303);
    assert!(led.header("location").ends_with("/src/pour.rs?lines=2-3#L2"), "{}", led.header("location"));
    let rendered = browser.sees(&format!("{id}/tree/main/README.md")).await;
    assert!(rendered.contains("<h2>A pot</h2>") && rendered.contains("?view=source"), "{rendered}");
    let raw = browser.sees(&format!("{id}/tree/main/README.md?view=source")).await;
    assert!(raw.contains("&lt;<i class=k>script</i>&gt;") && !raw.contains("<script"), "{raw}");
    let download = browser.get(&format!("{id}/raw/main/src/pour.rs?download=1")).await;
    assert_eq!(download.header("content-disposition"), "attachment");
}

#[tokio::test]
async fn blame_and_history_of_a_file_name_its_commits() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let (second, last) = (head(&world, "main~1"), head(&world, "main"));
    let blame = browser.sees(&format!("{id}/blame/main/src/pour.rs")).await;
    let rows: Vec<&str> = blame.split("<tr class=\"age").skip(1).collect();
    let of: Vec<bool> = rows.iter().map(|row| row.contains(&format!("/commits/{last}"))).collect();
    assert_eq!(of, [false, true, false], "{blame}");
    assert!(rows[0].contains("id=L2") && rows[1].contains("id=L3") && rows[2].contains("id=L4"), "{blame}");
    assert!(rows[1].contains(&format!("/blame/{second}/src/pour.rs\"")) && rows[1].contains("Pour more &#60;i&#62;"));
    assert!(!blame.contains("<script"), "{blame}");
    assert_eq!(browser.sees(&format!("{id}/blame/main/src/pour.rs")).await, blame, "from memory");
    let history = browser.sees(&format!("{id}/history/main/src/pour.rs")).await;
    assert!(history.find(&last).unwrap() < history.find(&second).unwrap(), "{history}");
    assert!(!history.contains(&format!("/commits/{}\"", head(&world, "main~2"))), "{history}");
    assert!(history.contains(&format!("/tree/{second}/src/pour.rs\"")), "{history}");
    for (path, status) in [
        ("/blame/main/none", 404),
        ("/blame/none/README.md", 404),
        ("/blame/main/docs", 404),
        ("/blame/main/pot.png", 422),
        ("/history/main/none", 404),
        ("/history/none/README.md", 404),
    ] {
        assert_eq!(browser.get(&format!("{id}{path}")).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_commit_shows_its_difference_in_one_column_or_two_and_word_by_word() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let at = format!("{id}/commits/{}", head(&world, "main"));
    let unified = browser.sees(&at).await;
    for text in
        ["1 file changed", "cups + <mark>1</mark>", "cups + <mark>22</mark>", "?view=split", "Pour more &#60;i&#62;"]
    {
        assert!(unified.contains(text), "{text}: {unified}");
    }
    assert!(unified.find("<mark>1<").unwrap() < unified.find("<mark>22<").unwrap());
    let split = browser.sees(&format!("{at}?view=split")).await;
    assert!(split.contains("<table class=\"diff split\">") && split.contains("class=\"went\">"), "{split}");
    let first = browser.sees(&format!("{id}/commits/{}", head(&world, "main~2"))).await;
    assert!(first.contains("&lt;script&gt;") && !first.contains("<script"), "{first}");
    assert!(first.contains("No text, or too long to be shown."), "the picture: {first}");
}

#[tokio::test]
async fn branches_are_compared_and_lead_to_a_merge_request() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let form = browser.sees(&format!("{id}/compare")).await;
    assert!(
        form.contains("<option value=\"feature/lid\">")
            && form.contains("name=\"from\" required maxlength=\"200\" list=\"names\" value=\"main\""),
        "{form}"
    );
    let led = browser.get(&format!("{id}/compare?from=feature/lid&to=main")).await;
    assert!(led.header("location").ends_with("/compare/feature%2Flid...main"), "{}", led.header("location"));
    let page = browser.sees(&format!("{id}/compare/feature%2Flid...main")).await;
    assert!(page.contains("2 commits in <code>main</code>") && page.contains("src/pour.rs"), "{page}");
    assert!(
        page.contains("/compare/main...feature%2Flid\"") && !page.contains("Open a merge request"),
        "it takes none: {page}"
    );
    let back = browser.sees(&format!("{id}/compare/main...feature%2Flid")).await;
    assert!(back.contains("0 commits in") && back.contains("Nothing is different."), "{back}");
    let direct = browser.sees(&format!("{id}/compare/main..feature%2Flid")).await;
    assert!(direct.contains("src/pour.rs") && direct.contains("removed"), "{direct}");
    for nowhere in ["main...none", "none...main", "main", "...", "main...main...main"] {
        assert_eq!(browser.get(&format!("{id}/compare/{nowhere}")).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn a_text_is_looked_for_in_all_files_of_a_branch() {
    let world = World::new().await;
    let id = source(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let found = browser.sees(&format!("{id}/search?q=CUPS")).await;
    assert!(found.contains("4 lines in 2 files.") && found.contains("/tree/main/src/pour.rs?lines=2#L2\""), "{found}");
    assert!(found.contains("// &#60;tea&#62; &#38; <mark>cups</mark>"), "{found}");
    let exact = browser.sees(&format!("{id}/search?q=CUPS&case=exact")).await;
    assert!(exact.contains("Nothing was found in the files."), "{exact}");
    let named = browser.sees(&format!("{id}/search?q=POUR")).await;
    let link =
        format!("{}/tree/main/src/pour.rs\">src/<mark>pour</mark>.rs</a>", &id.as_str()[crate::world::ORIGIN.len()..]);
    assert!(named.contains("Files by name") && named.contains(&link), "{named}");
    let named = browser.sees(&format!("{id}/search?q=pour&below=docs")).await;
    assert!(!named.contains("Files by name"), "{named}");
    let below = browser.sees(&format!("{id}/search?q=cups&below=src")).await;
    assert!(below.contains("3 lines in 1 file."), "{below}");
    let evil = browser.sees(&format!("{id}/search?q=%3Cscript%3E&at=main")).await;
    assert!(!evil.contains("<script") && evil.contains("&#60;script&#62;"), "{evil}");
    assert!(browser.sees(&format!("{id}/search")).await.contains("Search in"), "a form");
    assert_eq!(browser.get(&format!("{id}/search?q=x&at=none")).await.status, 404);
}

#[tokio::test]
async fn whoever_has_a_page_is_told_so_until_it_changes() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = source(&world, &alice).await;
    let commit = head(&world, "main");
    let (mains, fixed) = ("private, no-cache".to_owned(), format!("public, max-age={COMMIT_KEPT_S}"));
    let ask = |path: &str, tag: &str| {
        let ask = world.ask(Method::GET, &format!("{id}{path}")).with("accept", "text/html");
        if tag.is_empty() { ask } else { ask.with("if-none-match", tag) }
    };
    for (path, keep) in [
        ("/tree/main".to_owned(), &mains),
        ("/tree/main/src/pour.rs".to_owned(), &mains),
        ("/raw/main/src/pour.rs".to_owned(), &mains),
        ("/blame/main/src/pour.rs".to_owned(), &mains),
        ("/history/main/src/pour.rs".to_owned(), &mains),
        ("/log?at=main".to_owned(), &mains),
        ("/search?q=cups".to_owned(), &mains),
        ("/compare/feature%2Flid...main".to_owned(), &mains),
        (format!("/tree/{commit}/src"), &fixed),
        (format!("/raw/{commit}/src/pour.rs"), &fixed),
        (format!("/blame/{commit}/src/pour.rs"), &fixed),
        (format!("/commits/{commit}"), &fixed),
    ] {
        let first = ask(&path, "").answer().await;
        assert_eq!((first.status.as_u16(), first.header("cache-control")), (200, keep.as_str()), "{path}");
        assert!(first.header("vary").contains("cookie"), "{path}");
        let again = ask(&path, first.header("etag")).answer().await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"), "{path}");
        let mine = Browser::of(&world, &alice).await.get(&format!("{id}{path}")).await;
        assert_ne!(mine.header("etag"), first.header("etag"), "{path}: another sees another page");
        assert_eq!(mine.header("cache-control"), mains, "{path}: what is shown to somebody is kept by nobody else");
    }
    let before = ask("/tree/main", "").answer().await.header("etag").to_owned();
    let work = world.dir.path().join("work");
    git(&work, &["commit", "-q", "--allow-empty", "-m", "Later"]);
    let repo = world.front.repos.find(&key(&id).parse().unwrap()).unwrap();
    git(&work, &["push", "-q", repo.path().to_str().unwrap(), "main"]);
    let after = ask("/tree/main", &before).answer().await;
    assert!(after.status == 200 && after.text().contains(">Later<"), "{}", after.text());
}

/// Every page of code, of a repository with [`source`] in it.
fn every_page(commit: &str) -> Vec<String> {
    let fixed = [
        "",
        "/tree/main",
        "/tree/main/src",
        "/tree/main/src/pour.rs",
        "/raw/main/src/pour.rs",
        "/blame/main/src/pour.rs",
        "/history/main/src/pour.rs",
        "/log",
        "/branches",
        "/tags",
        "/compare",
        "/compare/feature%2Flid...main",
        "/compare?from=main&to=main",
        "/search?q=cups",
        "/archive/main/x.zip",
    ];
    let of_commit = ["/commits/", "/tree/", "/blame/"].map(|page| match page {
        "/blame/" => format!("{page}{commit}/src/pour.rs"),
        _ => format!("{page}{commit}"),
    });
    fixed.into_iter().map(str::to_owned).chain(of_commit).collect()
}

#[tokio::test]
async fn the_code_of_a_private_repository_is_not_there_for_strangers_by_any_page() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let public = source(&world, &alice).await;
    let secret = world.makes(&alice, "Repository", "Secret", "private").await;
    let places = [&public, &secret].map(|id| key(id).parse().unwrap());
    if world.front.repos.find(&places[1]).is_err() {
        world.front.repos.create(&places[1], &pritchel_git::names::RefName::branch("main").unwrap()).unwrap();
    }
    let repo = world.front.repos.find(&places[1]).unwrap();
    git(&world.dir.path().join("work"), &["push", "-q", repo.path().to_str().unwrap(), "main", "feature/lid"]);
    let (alices, eves, stranger) =
        (Browser::of(&world, &alice).await, Browser::of(&world, &eve).await, Browser::new(&world));
    for page in every_page(&head(&world, "main")) {
        let at = format!("{secret}{page}");
        let own = alices.get(&at).await;
        assert!(own.status == 200 || own.status == 303, "{page}: {}", own.status);
        let tag = own.header("etag").to_owned();
        for other in [eves.get(&at).await, stranger.get(&at).await] {
            assert_eq!(other.status, 404, "{page}");
            assert!(!other.text().contains("u32"), "{page}: {}", other.text());
        }
        let known = world.ask(Method::GET, &at).with("accept", "text/html").with("if-none-match", &tag).answer().await;
        assert_eq!(known.status, 404, "{page}: to whoever knows its tag");
        let image = world.ask(Method::GET, &at).with("sec-fetch-dest", "image").answer().await;
        assert_eq!(image.status, 404, "{page}: as an image");
    }
}

#[tokio::test]
async fn strangers_have_a_budget_for_costly_pages_and_people_do_not() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = source(&world, &alice).await;
    let (blame, tree) = (format!("{id}/blame/main/src/pour.rs"), format!("{id}/tree/main"));
    let from = |address: &'static str| Browser::new(&world).at(address);
    let crawler = from("192.0.2.7");
    let mut answers = 0;
    let refused = loop {
        let answer = crawler.get(&blame).await;
        if answer.status != 200 {
            break answer;
        }
        answers += 1;
        assert!(answers <= COSTLY_UNITS, "there is no bound");
    };
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(
        refused.text().contains("That was too often") && refused.text().contains("signed in"),
        "{}",
        refused.text()
    );
    assert_eq!(from("192.0.2.200").get(&blame).await.status, 429, "from the same network");
    assert_eq!(from("198.51.100.1").get(&blame).await.status, 200, "from another");
    assert_eq!(crawler.get(&tree).await.status, 200, "files cost little");
    let mine = Browser::of(&world, &alice).await.at("192.0.2.7");
    assert_eq!(mine.get(&blame).await.status, 200, "signed in");
}

#[tokio::test]
async fn costly_pages_can_be_for_those_who_are_signed_in() {
    let world = World::with(|settings| settings.costly_sign_in = true).await;
    let alice = world.person("alice").await;
    let id = source(&world, &alice).await;
    let (stranger, mine) = (Browser::new(&world), Browser::of(&world, &alice).await);
    let costly = |page: &str| {
        !page.is_empty() && !["/tree", "/raw", "/branches", "/tags"].iter().any(|free| page.starts_with(free))
    };
    for page in every_page(&head(&world, "main")) {
        let at = format!("{id}{page}");
        let other = stranger.get(&at).await;
        if costly(&page) {
            assert_eq!(other.status, 303, "{page}");
            assert!(other.header("location").starts_with("/login?back="), "{page}");
        } else {
            assert_eq!(other.status, 200, "{page}");
        }
        assert!(mine.get(&at).await.status.as_u16() < 400, "{page}");
    }
    let nothing = stranger.get("/repos/none/blame/main/x").await;
    assert!(nothing.header("location").starts_with("/login?back="), "whether it is there is not told before");
}
