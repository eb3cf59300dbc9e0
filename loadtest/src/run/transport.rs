//! Requests through Goose, which measures and reports them.

use goose::goose::{GooseMethod, GooseRequest, GooseUser};
use goose::metrics::GooseRequestMetric;
use hyper::Method;

use crate::game::call::Transport;
use crate::http::{Ask, Reply, Trouble};

/// A user of Goose, on its way.
#[derive(Debug)]
pub(crate) struct ByGoose<'a> {
    user: &'a mut GooseUser,
    /// What Goose has noted of the last request.
    noted: Option<GooseRequestMetric>,
    /// Whether a move came to nothing.
    pub(crate) is_cut_off: bool,
}

impl<'a> ByGoose<'a> {
    pub(crate) fn new(user: &'a mut GooseUser) -> Self {
        Self { user, noted: None, is_cut_off: false }
    }
}

impl Transport for ByGoose<'_> {
    async fn exchange(&mut self, ask: &Ask, name: &str) -> Result<Reply, Trouble> {
        let trouble = |e: &dyn std::fmt::Display| Trouble(e.to_string());
        let method = method(&ask.method);
        let mut builder = self.user.get_request_builder(&method, &ask.path).map_err(|e| trouble(&e))?;
        for (name, value) in ask.headers() {
            builder = builder.header(name, value.as_ref());
        }
        if let Some(body) = &ask.body {
            builder = builder.body(body.clone());
        }
        let request = GooseRequest::builder().method(method).path(ask.path.as_str()).name(name);
        let request = request.set_request_builder(builder).build();
        let sent = self.user.request(request).await.map_err(|e| trouble(&e))?;
        self.noted = Some(sent.request);
        let response = sent.response.map_err(|e| trouble(&e))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map_err(|e| trouble(&e))?;
        Ok(Reply { status, headers, body })
    }

    fn settle(&mut self, verdict: Result<(), &str>) {
        let Some(mut noted) = self.noted.take() else { return };
        // What Goose cannot note any more is noted in the tally all the same.
        drop(match verdict {
            Ok(()) => self.user.set_success(&mut noted),
            Err(why) => self.user.set_failure(why, &mut noted, None, None),
        });
    }

    fn cut_off(&mut self) {
        self.is_cut_off = true;
    }
}

fn method(method: &Method) -> GooseMethod {
    match *method {
        Method::POST => GooseMethod::Post,
        Method::PATCH => GooseMethod::Patch,
        Method::PUT => GooseMethod::Put,
        Method::DELETE => GooseMethod::Delete,
        _ => GooseMethod::Get,
    }
}
