//! Who has signed a commit. A signature is good or not whoever made it; whose key it is, the people of this server say, who have
//! added it to their account.

use crate::answer::{WebError, WebResult};
use crate::git::openpgp::{Claim, Verdict};
use crate::git::ssh_keys::people_of;
use crate::limits::KEY_SHARED_MAX;
use crate::ports::Front;
use crate::ssh_key::fingerprint;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::Person;
use pritchel_actors::common::naming::host;
use pritchel_actors::person::pgp_keys::PGP_KEY;
use pritchel_actors::person::view::{ViewPerson, ViewPgpKeys};
use pritchel_git::signed::Signed;
use ssh_key::{Algorithm, PublicKey, SshSig};

/// What OpenSSH signs commits for.
const NAMESPACE: &str = "git";

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// It is good, by the SSH key with this fingerprint.
    Ssh(String),
    /// It is good, by the OpenPGP key with this fingerprint.
    OpenPgp(String),
    /// It is by the OpenPGP key with this id, which nobody here has: nothing can be said of it.
    NotKnown(String),
    /// It is by a key that is known, and is not believed: why.
    Unfit(&'static str),
    /// It is not good: the commit is not what was signed, or it was signed for something else.
    Broken,
    /// It is of a kind that is not verified here.
    Other(&'static str),
}

/// A signature that was read: what it is worth, or, where that takes a key of somebody's, what it claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Judged by itself.
    Judged(Seal),
    /// By OpenPGP, which does not bring its key.
    Claimed(Claim),
}

/// Who has signed a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// What the signature is worth.
    pub seal: Seal,
    /// Whose key it is. A public key can be added by whoever knows it: where several have, the committer is among them if anybody is.
    pub people: Vec<ActorId>,
}

/// Reads a signature, and judges it if it brings its key. Costs some hundred microseconds.
///
/// Source: OpenSSH, `PROTOCOL.sshsig`; git, `gpg.format`.
pub fn mark(signed: &Signed) -> Mark {
    if signed.signature.contains("BEGIN PGP") {
        return Claim::of(signed).map_or(Mark::Judged(Seal::Broken), Mark::Claimed);
    }
    if signed.signature.contains("BEGIN SIGNED MESSAGE") || signed.signature.contains("BEGIN CMS") {
        return Mark::Judged(Seal::Other("X.509"));
    }
    Mark::Judged(by_ssh(signed))
}

fn by_ssh(signed: &Signed) -> Seal {
    let Ok(signature) = SshSig::from_pem(&signed.signature) else { return Seal::Broken };
    let key = PublicKey::new(signature.public_key().clone(), "");
    // RSA over SHA-1, which nobody should believe any more.
    let weak = signature.signature().algorithm() == Algorithm::Rsa { hash: None };
    match (key.verify(NAMESPACE, &signed.content, &signature), key.to_bytes()) {
        (Ok(()), Ok(blob)) if !weak => Seal::Ssh(fingerprint(&blob)),
        _ => Seal::Broken,
    }
}

/// What a signature is worth, and whose key it is.
/// - `committer`: the address that the commit names, which is `name@host` if it was made by somebody who has set it so
pub async fn signer(front: &Front, mark: Mark, committer: &str) -> WebResult<Signer> {
    let (seal, mut people) = match mark {
        Mark::Judged(Seal::Ssh(key)) => {
            let people = people_of(front, &key).await?;
            (Seal::Ssh(key), people)
        }
        Mark::Judged(seal) => (seal, Vec::new()),
        Mark::Claimed(claim) => by_openpgp(front, &claim).await?,
    };
    if people.len() > 1 {
        for person in &people {
            let shown = front.node.look::<Person, _>(person, &ViewPerson).await;
            if shown.is_ok_and(|shown| format!("{}@{}", shown.name, host(person)) == committer) {
                people = vec![person.clone()];
                break;
            }
        }
    }
    Ok(Signer { seal, people })
}

/// Refuses an OpenPGP key that several others have added.
/// - `id`: of a part of it
pub async fn may_add_pgp(front: &Front, person: &ActorId, id: &str) -> WebResult<()> {
    let people = front.ports.key_people(PGP_KEY, id.to_owned()).await?;
    if people.len() < KEY_SHARED_MAX || people.contains(person) {
        return Ok(());
    }
    let detail = format!("{} others have added this key: make a key of your own", people.len());
    Err(WebError::forbidden("pgp-key-shared", detail))
}

/// Judges a claim by the keys of those here who have the one it names.
async fn by_openpgp(front: &Front, claim: &Claim) -> WebResult<(Seal, Vec<ActorId>)> {
    let (mut good, mut people, mut other) = (None, Vec::new(), None);
    for id in &claim.ids {
        for person in front.ports.key_people(PGP_KEY, id.clone()).await? {
            let keys = match front.node.look::<Person, _>(&person, &ViewPgpKeys).await {
                Ok(keys) => keys,
                Err(ViewError::NoActor) => continue,
                Err(error) => return Err(error.into()),
            };
            for (fingerprint, key) in keys.into_iter().filter(|(_, key)| key.ids.contains(id)) {
                match claim.by(&key.content) {
                    Verdict::Good if !people.contains(&person) => {
                        people.push(person.clone());
                        good = Some(fingerprint);
                    }
                    Verdict::Good => {}
                    verdict => other = other.or(Some((verdict, person.clone()))),
                }
            }
        }
    }
    Ok(match (good, other) {
        (Some(key), _) => (Seal::OpenPgp(key), people),
        (None, Some((Verdict::Unfit(why), person))) => (Seal::Unfit(why), vec![person]),
        (None, Some(_)) => (Seal::Broken, Vec::new()),
        (None, None) => (Seal::NotKnown(claim.ids.first().cloned().unwrap_or_default()), Vec::new()),
    })
}
