//! Archives of commits, unpacked by the tools people have.

use crate::world::{T0, World, ok, read_all};
use pritchel_git::archive::Format;
use pritchel_git::limits::Bounds;
use pritchel_git::names::ObjectId;
use pritchel_git::process::Exit;

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_the_files_of_the_commit_in_a_folder_and_is_the_same_each_time() {
    let mut world = World::new().await;
    let work = world.seeded(3).await;
    for format in Format::ALL {
        let make = || world.git.archive(&world.repo, work.id("HEAD"), format, "tea-v1");
        let bytes = read_all(make().await.unwrap().body).await.unwrap();
        assert_eq!(read_all(make().await.unwrap().body).await.unwrap(), bytes, "{format:?}");
        match format {
            Format::TarGz => {
                let file = world.dir.path().join("tea.tar.gz");
                std::fs::write(&file, &bytes).unwrap();
                let listed = std::process::Command::new("tar").arg("tzf").arg(&file).output().unwrap();
                let listed = String::from_utf8(listed.stdout).unwrap();
                let files: Vec<_> = listed.lines().filter(|line| !line.ends_with('/')).collect();
                assert_eq!(files, ["tea-v1/file0.txt", "tea-v1/file1.txt", "tea-v1/file2.txt"]);
            }
            Format::Zip => assert!(bytes.starts_with(b"PK"), "a zip archive begins so"),
        }
    }
    let [older, newest] =
        ["HEAD~1", "HEAD"].map(|name| world.git.archive(&world.repo, work.id(name), Format::Zip, "tea"));
    assert_ne!(read_all(older.await.unwrap().body).await.unwrap(), read_all(newest.await.unwrap().body).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_commit_has_no_archive() {
    let mut world = World::new().await;
    world.seeded(1).await;
    let nothing: ObjectId = "1111111111111111111111111111111111111111".parse().unwrap();
    let served = world.git.archive(&world.repo, nothing, Format::TarGz, "tea").await.unwrap();
    assert!(served.body.begun().await.is_err());
    assert!(!matches!(served.done.await.unwrap().exit, Exit::Code(0)));
}

/// A file can ask for the names of references. Those of merge requests are not for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_names_no_references() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    work.write(".gitattributes", "names export-subst\n");
    let head = work.commit("names", "commit $Format:%H$ refs $Format:%D$ end\n", "Ask for names", T0 + 9);
    ok(&work.push(&world.url(), &["main"]).await);
    world.bare(&["update-ref", "refs/merge/secret/1/v1", &head.to_string()]);
    let served = world.git.archive(&world.repo, head, Format::TarGz, "tea").await.unwrap();
    let file = world.dir.path().join("names.tar.gz");
    std::fs::write(&file, read_all(served.body).await.unwrap()).unwrap();
    let text = std::process::Command::new("tar").arg("xzOf").arg(&file).arg("tea/names").output().unwrap();
    assert_eq!(String::from_utf8(text.stdout).unwrap(), format!("commit {head} refs  end\n"));
}

/// What a client of SSH sends for `git archive --remote`.
fn asks(arguments: &[&str]) -> std::io::Cursor<Vec<u8>> {
    let line = |argument: &&str| format!("{:04x}argument {argument}\n", "argument ".len() + argument.len() + 5);
    let lines: String = arguments.iter().map(line).collect();
    std::io::Cursor::new(format!("{lines}0000").into_bytes())
}

/// However it is asked for, it has one bound.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_an_archive_may_be_is_cut_off_with_an_error() {
    let bounds = |archive_bytes| Bounds { archive_bytes, ..Bounds::default() };
    for (most, whole) in [(1024 * 1024, true), (8 * 1024, false)] {
        let mut world = World::with(bounds(most)).await;
        let work = world.seeded(1).await;
        // Numbers that no compression makes small.
        let (mut text, mut seed) = (String::new(), 7_u64);
        while text.len() < 64 * 1024 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text += &format!("{seed:x}");
        }
        let head = work.commit("numbers.txt", &text, "Numbers", T0 + 9);
        ok(&work.push(&world.url(), &["main"]).await);
        let by_page = world.git.archive(&world.repo, head, Format::Zip, "tea").await.unwrap();
        let by_ssh = world.git.archive_session(&world.repo, asks(&["--format=tar", "main"])).await.unwrap();
        for (what, served) in [("by page", by_page), ("over SSH", by_ssh)] {
            match read_all(served.body).await {
                Ok(bytes) => assert!(whole && bytes.len() > 16 * 1024, "{what}: {}", bytes.len()),
                Err(why) => assert!(!whole && why.to_string().contains("more bytes than are served"), "{what}: {why}"),
            }
        }
    }
}
