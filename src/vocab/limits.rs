//! Every bound of this room, by name. What exceeds one is refused with the bound in the error.

/// Bytes of one address. Longer ones break the databases and headers of other servers.
pub const URI_MAX_BYTES: usize = 2048;
/// Bytes of one JSON document taken from outside.
pub const DOCUMENT_MAX_BYTES: usize = 1024 * 1024;
/// Arrays and objects inside each other, the document itself counted as the first.
pub const DEPTH_MAX: usize = 64;
/// Items of one array, and keys of one object.
pub const ITEMS_MAX: usize = 1000;
/// Values of one document, all levels together. Each costs about 70 bytes of memory, whatever it costs on the wire.
pub const VALUES_MAX: usize = 50_000;
/// Bytes of one text inside a document.
pub const TEXT_MAX_BYTES: usize = 512 * 1024;
/// Bytes of one key of an object.
pub const KEY_MAX_BYTES: usize = 1024;
/// Bytes of an own document, which may hold longer lists than we take from others.
pub const OWN_DOCUMENT_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of the terms of a ticket that nobody here reads, as JSON.
pub const FURTHER_MAX_BYTES: usize = 16 * 1024;
/// Bytes of a bare word, such as a role.
pub const WORD_MAX_BYTES: usize = 64;
/// Bytes of a media type.
pub const MEDIA_TYPE_MAX_BYTES: usize = 128;
/// Characters of a [`Line`](crate::Line).
pub const LINE_MAX_CHARS: usize = 200;
/// Bytes of a sanitised piece of HTML, and of the text it is made from.
pub const HTML_MAX_BYTES: usize = 64 * 1024;
/// Times HTML is sanitised until it no longer changes; what still changes then is shown as plain text.
pub const SANITISE_PASSES_MAX: usize = 4;
/// Tags open at the same time in a piece of HTML. Building a tree takes time in the square of its depth; deeper text is
/// shown as the text it is.
pub const HTML_DEPTH_MAX: usize = 256;
/// Bytes of one tag with its attributes, for the same reason: each attribute is compared with all before it.
pub const HTML_TAG_MAX_BYTES: usize = 8 * 1024;
/// Ampersands in a piece of HTML: the tokenizer takes time in the square of their number.
pub const HTML_ENTITIES_MAX: usize = 8 * 1024;
/// Characters of the wrong text that an error quotes.
pub const QUOTE_MAX_CHARS: usize = 80;
/// Bytes of the name part of an `acct:` address.
pub const ACCT_NAME_MAX_BYTES: usize = 128;
/// Bytes of a host name, as DNS has it.
pub const HOST_MAX_BYTES: usize = 253;
/// Bytes of a hash of version control: SHA-256 in hexadecimal is 64.
pub const HASH_MAX_BYTES: usize = 128;
/// Keys one actor document may list, `publicKey` and `assertionMethod` each.
pub const KEYS_MAX: usize = 16;
/// Bytes of a public key in PEM or multibase: RSA-8192 takes about 1.5 KiB.
pub const KEY_TEXT_MAX_BYTES: usize = 4096;
/// Characters of the language of a code block.
pub const LANGUAGE_MAX_CHARS: usize = 40;
/// Bytes of a document of a tracker in F3: whoever does not page tells all of it in one.
pub const F3_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Levels of such a document: each answer in a thread takes two.
pub const F3_DEPTH_MAX: usize = 100;
/// Items of one of its lists.
pub const F3_ITEMS_MAX: usize = 10_000;
/// Values of it, all levels together.
pub const F3_VALUES_MAX: usize = 300_000;
/// Bytes of an index, and characters of a name, a label or a milestone there.
pub const F3_WORD_CHARS_MAX: usize = 100;
/// Labels, and assignees, read of one issue.
pub const F3_LABELS_MAX: usize = 20;
/// Answers below each other in a document of ours; deeper ones stand at the top, and name what they answer.
pub const F3_NESTED_MAX: usize = 16;
