//! The router, and what every request goes through: a name for the log, a panic kept to one request, the headers that keep
//! browsers safe, a bound in time, and the question whether the host is ours.
//!
//! Who asks for a document gets the document, who asks for a page the page, at the same address; where there is only one
//! of them, that one. Deliveries and what clients post have addresses of their own. [`serve`] runs it all on a socket.

mod guard;
mod in_time;
mod run;

pub(crate) use run::in_use;
pub use run::serve;

use crate::answer::WebError;
use crate::ports::Front;
use crate::want::{Want, reads_html};
use crate::{api, fed, git_http, page};
use axum::extract::Request;
use axum::middleware;
use axum::response::Response;
use axum::{Extension, Router};
use http::{Method, StatusCode};
use tower::{ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

/// Everything this server answers.
pub fn router(front: Front) -> Router {
    let documents = fed::documents().with_state(front.clone());
    let near = api::proxy::Documents(documents.clone().fallback(nothing));
    let interfaces = api::routes().layer(Extension(near));
    let plain = page::routes().merge(fed::places()).merge(interfaces).method_not_allowed_fallback(no_method);
    let here = Here { front: front.clone(), documents: documents.clone().fallback(nothing) };
    // The addresses of documents and deliveries, for methods that nothing takes there: the answer names those that are taken.
    let known = fed::documents().merge(fed::posts()).merge(api::posts()).method_not_allowed_fallback(no_method);
    let known = known.with_state(front.clone());
    let pages_first = plain.clone().fallback(move |request| here.clone().show(request)).with_state(front.clone());
    let refused = known.clone().fallback_service(plain.clone().fallback(nothing).with_state(front.clone()));
    let plain = plain.fallback_service(known.fallback(nothing)).with_state(front.clone());
    let documents_first = documents.method_not_allowed_fallback(no_method).fallback_service(plain.clone());
    let copied =
        fed::f3::documents().method_not_allowed_fallback(no_method).fallback(nothing).with_state(front.clone());
    let posts_first = fed::posts().merge(api::posts()).with_state(front.clone()).fallback_service(plain);
    let choose = service_fn(move |request: Request| {
        let router = match *request.method() {
            Method::GET | Method::HEAD if Want::of(request.headers()) == Want::Activity => documents_first.clone(),
            // What is told in F3 is told in it, or not at all.
            Method::GET | Method::HEAD if Want::of(request.headers()) == Want::F3 => copied.clone(),
            Method::POST => posts_first.clone(),
            Method::GET | Method::HEAD => pages_first.clone(),
            _ => refused.clone(),
        };
        router.oneshot(request)
    });
    let timed = Router::new().fallback_service(choose).layer(middleware::from_fn(in_time::in_time));
    Router::new()
        // Git streams for as long as it takes, within bounds of its own.
        .merge(git_http::routes().method_not_allowed_fallback(no_method).with_state(front.clone()))
        .fallback_service(timed)
        .layer(middleware::from_fn(api::cors::open))
        .layer(middleware::from_fn_with_state(front.clone(), guard::only_our_hosts))
        .layer(CatchPanicLayer::custom(guard::one_lost_request))
        .layer(middleware::from_fn_with_state(front.clone(), guard::errors_as_pages))
        .layer(middleware::from_fn_with_state(front.clone(), guard::safe_headers))
        .layer(middleware::from_fn_with_state(front, guard::named))
}

/// What stands at an address that has a page and a document, or one of them.
#[derive(Clone)]
struct Here {
    front: Front,
    documents: Router,
}

impl Here {
    /// The page; where there is none, the document.
    async fn show(self, request: Request) -> Response {
        let shown = page::show(&self.front, request.uri(), request.headers()).await;
        if shown.status() != StatusCode::NOT_FOUND {
            return shown;
        }
        let for_people = reads_html(request.headers());
        let document = self.documents.oneshot(request).await.unwrap_or_else(|never| match never {});
        // Of two ways to say that nothing is there, the page is for people.
        if for_people && document.status() == StatusCode::NOT_FOUND { shown } else { document }
    }
}

async fn nothing() -> WebError {
    WebError::not_found()
}

async fn no_method(method: Method) -> WebError {
    let detail = format!("{method} is not done here");
    WebError::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}
