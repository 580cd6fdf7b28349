//! A bound in time for a request, and whose time it was: a body that does not come is the sender's, the rest ours.

use crate::answer::WebError;
use crate::limits::REQUEST_S;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// Answers within [`REQUEST_S`], whatever the handler does.
pub async fn in_time(request: Request, next: Next) -> Response {
    within(Duration::from_secs(REQUEST_S), request, next).await
}

async fn within(bound: Duration, request: Request, next: Next) -> Response {
    let bound_s = bound.as_secs();
    let waiting = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(Watched { body, waiting: waiting.clone() }));
    match tokio::time::timeout(bound, next.run(request)).await {
        Ok(response) => response,
        Err(_) if waiting.load(Ordering::Relaxed) => {
            let detail = format!("expected the whole body within {bound_s} s, found a part of it");
            WebError::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail).into_response()
        }
        Err(_) => {
            let detail = format!("this was not done within {bound_s} s; whether it will be is not known");
            WebError::new(StatusCode::SERVICE_UNAVAILABLE, "too-slow", detail).retry_after(10).into_response()
        }
    }
}

/// A body that tells whether more of it is being waited for.
struct Watched {
    body: Body,
    waiting: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.waiting.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;
    use axum::{Router, middleware};
    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;
    use std::future::{pending, ready};
    use tower::ServiceExt;

    /// What is answered within no time at all by a handler that reads the body and then works.
    async fn answer(
        body: Body,
        work: impl Future<Output = ()> + Clone + Send + Sync + 'static,
    ) -> (u16, serde_json::Value) {
        let handler = move |_: Bytes| work;
        let bounded = middleware::from_fn(|request, next| within(Duration::ZERO, request, next));
        let router = Router::new().route("/inbox", post(handler)).layer(bounded);
        let request = Request::post("/inbox").body(body).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn begun() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
        stream::iter([Ok(Bytes::from_static(b"{"))])
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_the_senders_fault_and_slow_work_ours() {
        let (status, problem) = answer(Body::from_stream(begun().chain(stream::pending())), ready(())).await;
        assert_eq!((status, &problem["code"]), (408, &"body-too-slow".into()));
        let (status, problem) = answer(Body::from_stream(begun()), pending()).await;
        assert_eq!((status, &problem["code"]), (503, &"too-slow".into()));
        assert_eq!(answer(Body::from_stream(begun()), ready(())).await.0, 200);
    }
}
