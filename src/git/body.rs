//! Request bodies on their way to git: decoded if they are gzip, and bounded both in size and in how far they expand.
//! A body over its bound ends with an error, never as if it were complete.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::GzipDecoder;
use tokio::io::{AsyncRead, BufReader, ReadBuf};

use crate::limits::{CHUNK_BYTES, GZIP_EXPANSION_MAX, GZIP_FREE_BYTES};

/// A request body as git shall read it.
pub(crate) type Body = Pin<Box<dyn AsyncRead + Send>>;

/// Prepares a body: decodes gzip if asked to, and ends with an error after `max` decoded bytes.
pub(crate) fn prepare(body: impl AsyncRead + Send + 'static, gzip: bool, max: u64) -> Body {
    if !gzip {
        return Box::pin(Bounded { inner: Box::pin(body), read: 0, max, encoded: None });
    }
    let encoded = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: Box::pin(body), count: encoded.clone() };
    let decoder = GzipDecoder::new(BufReader::with_capacity(CHUNK_BYTES, counted));
    Box::pin(Bounded { inner: Box::pin(decoder), read: 0, max, encoded: Some(encoded) })
}

/// Counts what is read through it.
struct Counted {
    inner: Body,
    count: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.inner.as_mut().poll_read(cx, buf))?;
        self.count.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

/// Ends with an error when more is read than allowed.
struct Bounded {
    inner: Body,
    read: u64,
    max: u64,
    /// Encoded bytes so far, if the body is encoded.
    encoded: Option<Arc<AtomicU64>>,
}

impl Bounded {
    /// Why what was read is too much.
    fn excess(&self) -> Option<String> {
        if self.read > self.max {
            return Some(format!("the request has more than {} bytes", self.max));
        }
        let encoded = self.encoded.as_ref()?.load(Ordering::Relaxed);
        (self.read > GZIP_FREE_BYTES && self.read / GZIP_EXPANSION_MAX > encoded).then(|| {
            format!("the request expands more than {GZIP_EXPANSION_MAX} times: {encoded} bytes gave {}", self.read)
        })
    }
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.inner.as_mut().poll_read(cx, buf))?;
        self.read += (buf.filled().len() - before) as u64;
        match self.excess() {
            None => Poll::Ready(Ok(())),
            Some(why) => {
                // An error comes without bytes.
                buf.set_filled(before);
                Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, why)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_compression::tokio::write::GzipEncoder;
    use std::io::Cursor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzipEncoder::new(Vec::new());
        encoder.write_all(plain).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }

    async fn read(body: Vec<u8>, gzip: bool, max: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        prepare(Cursor::new(body), gzip, max).read_to_end(&mut out).await.map(|_| out)
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_bound_and_refused_one_byte_over() {
        assert_eq!(read(vec![7; 100], false, 100).await.unwrap(), vec![7; 100]);
        let error = read(vec![7; 101], false, 100).await.unwrap_err();
        assert_eq!(error.to_string(), "the request has more than 100 bytes");
    }

    #[tokio::test]
    async fn a_gzip_body_is_decoded_and_the_bound_counts_decoded_bytes() {
        let plain: Vec<u8> = (0..2000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let encoded = gzip(&plain).await;
        assert_eq!(read(encoded.clone(), true, plain.len() as u64).await.unwrap(), plain);
        assert!(read(encoded, true, plain.len() as u64 - 1).await.is_err());
    }

    #[tokio::test]
    async fn a_gzip_body_that_expands_too_far_is_refused() {
        let error = read(gzip(&vec![0; 8 << 20]).await, true, u64::MAX).await.unwrap_err();
        assert!(error.to_string().starts_with("the request expands more than 100 times"), "{error}");
        let small = read(gzip(&vec![0; 1 << 19]).await, true, u64::MAX).await.unwrap();
        assert_eq!(small.len(), 1 << 19, "what is small either way is not judged");
    }

    #[tokio::test]
    async fn a_gzip_body_that_is_cut_or_none_is_an_error() {
        let mut cut = gzip(&[1; 5000]).await;
        cut.truncate(cut.len() - 9);
        assert!(read(cut, true, u64::MAX).await.is_err());
        assert!(read(b"0032want".to_vec(), true, u64::MAX).await.is_err());
    }
}
