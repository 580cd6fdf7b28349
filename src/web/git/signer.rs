//! Who has signed a commit. A signature is good or not whoever made it; whose key it is, the people of this server say, who have
//! added it to their account.

use crate::answer::WebResult;
use crate::git::ssh_keys::people_of;
use crate::ports::Front;
use crate::ssh_key::fingerprint;
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::common::naming::host;
use pritchel_actors::person::view::ViewPerson;
use pritchel_git::signed::Signed;
use ssh_key::{Algorithm, PublicKey, SshSig};

/// What OpenSSH signs commits for.
const NAMESPACE: &str = "git";

/// What a signature is worth by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// It is good, by the SSH key with this fingerprint.
    Ssh(String),
    /// It is not: the commit is not what was signed, or it was signed for something else.
    Broken,
    /// It is of a kind that is not verified here.
    Other(&'static str),
}

/// Who has signed a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// What the signature is worth.
    pub seal: Seal,
    /// Whose key it is. A public key can be added by whoever knows it: where several have, the committer is among them if anybody is.
    pub people: Vec<ActorId>,
}

/// Whether a signature is good. Costs some hundred microseconds.
///
/// Source: OpenSSH, `PROTOCOL.sshsig`; git, `gpg.format`.
pub fn seal(signed: &Signed) -> Seal {
    if signed.signature.contains("BEGIN PGP") {
        return Seal::Other("OpenPGP");
    }
    if signed.signature.contains("BEGIN SIGNED MESSAGE") || signed.signature.contains("BEGIN CMS") {
        return Seal::Other("X.509");
    }
    let Ok(signature) = SshSig::from_pem(&signed.signature) else { return Seal::Broken };
    let key = PublicKey::new(signature.public_key().clone(), "");
    // RSA over SHA-1, which nobody should believe any more.
    let weak = signature.signature().algorithm() == Algorithm::Rsa { hash: None };
    match (key.verify(NAMESPACE, &signed.content, &signature), key.to_bytes()) {
        (Ok(()), Ok(blob)) if !weak => Seal::Ssh(fingerprint(&blob)),
        _ => Seal::Broken,
    }
}

/// Whose key it is.
/// - `committer`: the address that the commit names, which is `name@host` if it was made by somebody who has set it so
pub async fn signer(front: &Front, seal: Seal, committer: &str) -> WebResult<Signer> {
    let Seal::Ssh(fingerprint) = &seal else { return Ok(Signer { seal, people: Vec::new() }) };
    let mut people = people_of(front, fingerprint).await?;
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
