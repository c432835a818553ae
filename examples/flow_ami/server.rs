//! The action server.

use std::sync::{Mutex, PoisonError};

use actix_web::web::{self, Bytes, Data, Form, ServiceConfig};
use countersign::{Credential, StaticKeys, webhook::Webhook};
use countersign_actix::{SignatureConfig, Signed};
use serde::Deserialize;

use crate::tour::Failure;

/// What of an action's form is of use here. A field that is blank is not signed, and anybody may add one: it counts as none.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Who chose the action.
    pub user_login: String,
    /// What kind of things it is for.
    pub entity_type: String,
    /// Their numbers, with commas between them.
    pub selected_ids: String,
    /// The project, where there is one.
    #[serde(default)]
    pub project_name: String,
}

/// What handlers were given.
#[derive(Debug, Default)]
pub struct Desk(Mutex<Vec<String>>);

impl Desk {
    /// All of it since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, text: String) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        text
    }
}

async fn act(action: Signed<Form<Action>>, desk: Data<Desk>) -> String {
    let Action { user_login, entity_type, selected_ids, project_name } = &**action;
    let project = if project_name.is_empty() { String::new() } else { format!(" of {project_name}") };
    desk.put(format!("{entity_type} {selected_ids}{project} for {user_login}"))
}

/// The delivery's id is not signed: it tells an honest sender's second attempt, and nothing of a forged one.
async fn note(event: Signed<Bytes>, desk: Data<Desk>) -> String {
    let delivery = event.proof().delivery_id().map_or("none", |id| id.as_str());
    desk.put(format!("{} bytes, delivery {delivery}", event.len()))
}

/// What verifies one of the two layouts, `flow-ami` or `flow-webhook`, with the token that Flow was given for it.
///
/// # Errors
/// When there is no such preset, or the token has fewer than 16 bytes.
pub fn config(preset: &str, token: &str) -> Result<SignatureConfig, Failure> {
    let webhook = Webhook::preset(preset)?;
    let keys = StaticKeys::new().with_unnamed(Credential::new(webhook.verifying_key(token)?, ()));
    Ok(SignatureConfig::new(keys).verifier(webhook.verifier()).realm("flow"))
}

/// The routes: `/action` for the form of an action, `/events` for webhooks.
pub fn routes(
    actions: SignatureConfig,
    events: SignatureConfig,
    desk: Data<Desk>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |app| {
        app.app_data(desk.clone())
            .service(web::resource("/action").app_data(actions.clone()).route(web::post().to(act)))
            .service(web::resource("/events").app_data(events.clone()).route(web::post().to(note)));
    }
}
