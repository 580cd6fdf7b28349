//! The files of a commit as one archive, as git makes it: streamed, held whole nowhere, and written nowhere.
//!
//! Git looks at the objects of the repository through a repository of ours that has no references: a file with the attribute
//! `export-subst` can have the names of references written into it, and some of those are not for everybody.
//!
//! Source: git, `git-archive`, `gitattributes`.

use crate::git::{Git, ServeError};
use crate::names::ObjectId;
use crate::place::Repo;
use crate::smart_http::Served;

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A tar archive, compressed.
    TarGz,
    /// A zip archive.
    Zip,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::TarGz, Self::Zip];

    /// The ending of a file's name, without its dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::Zip => "zip",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::TarGz => "application/gzip",
            Self::Zip => "application/zip",
        }
    }

    /// What stands before the ending of a file's name, and the kind it tells.
    pub fn of_file(name: &str) -> Option<(&str, Self)> {
        let stem = |format: &Self| name.strip_suffix(format.ending())?.strip_suffix('.');
        Self::ALL.iter().find_map(|format| stem(format).map(|stem| (stem, *format)))
    }
}

impl Git {
    /// The files of a commit as an archive.
    /// - `folder`: the directory they are in, one plain name
    ///
    /// At most [`archive_bytes`](crate::limits::Bounds::archive_bytes): what is larger is cut off with an error, as is what git does not end well.
    pub async fn archive(
        &self,
        repo: &Repo,
        commit: ObjectId,
        format: Format,
        folder: &str,
    ) -> Result<Served, ServeError> {
        let permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        command.env("GIT_OBJECT_DIRECTORY", repo.path().join("objects"));
        command.arg("--git-dir").arg(self.without_refs()).arg("archive");
        command.arg(format!("--format={}", format.ending())).arg(format!("--prefix={folder}/")).arg(commit.to_string());
        let served = self.serve_whole(command, format.media_type(), permit)?;
        Ok(Served { body: served.body.at_most(self.bounds().archive_bytes), ..served })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_an_archive_is_told_by_the_name_of_its_file() {
        assert_eq!(Format::of_file("tea-v1.0.tar.gz"), Some(("tea-v1.0", Format::TarGz)));
        assert_eq!(Format::of_file("a.b.zip"), Some(("a.b", Format::Zip)));
        for other in ["tea.tar", "tea", "zip", "tar.gz", "tea.zip.exe"] {
            assert_eq!(Format::of_file(other), None, "{other}");
        }
    }
}
