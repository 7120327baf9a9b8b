//! The OpenAPI 3.1 document, made of the table of operations and of the types that are sent and given.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::danger::DangerTold;
use super::edit::Preview;
use super::operation::{Operation, Precondition, Rights};
use super::schema::{Id, ReferenceText, Slug};
use super::{Api, BASE};
use crate::web;

const ABOUT: &str = "What the console does, for programs. Send a token as `Authorization: Bearer vst_…`; a server admin's \
    opens everything, an organization's admin's what is below that organization. Failures are problems (RFC 9457), whose \
    `reference` the log knows. Lists come in pages: `next` is the `cursor` of the next. A thing that can be changed has \
    an `ETag`; send it as `If-Match` with the change. What the configuration file declares is read-only here.";

const MUST: &str =
    "The ETag of the state that is meant, or `*`. It must be sent, but for a preview and for what is new.";
const MAY: &str = "The ETag of the state that is meant, or `*`.";

/// A failure, as RFC 9457 has it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "a schema: problems are made by web")]
struct Problem {
    /// The kind of failure, such as `urn:vestibule:problem:not-found`.
    r#type: String,
    /// The kind in a few words.
    title: String,
    status: u16,
    /// What happened, and what to do.
    detail: String,
    /// What the log is searched for.
    #[schemars(with = "ReferenceText")]
    reference: String,
    /// Of `dangerous`: what has to be meant.
    dangers: Option<Vec<DangerTold>>,
    /// Of `invalid`: what is wrong, part by part.
    errors: Option<Vec<Flaw>>,
}

/// Something that is wrong, and with which part.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "a schema: problems are made by web")]
struct Flaw {
    part: String,
    detail: String,
}

/// `GET /openapi.json`.
pub(super) async fn show(State(api): State<Arc<Api>>) -> Answer {
    let document = api.document.get_or_init(|| super::document().to_string().into());
    Ok(web::answer(StatusCode::OK, "application/json", Body::from(document.clone())))
}

/// The document of these operations.
pub(super) fn document(operations: &[Operation]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();
    let problem = schemas.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags = BTreeSet::new();
    for operation in operations {
        tags.insert(operation.tag);
        let method = operation.method.as_str().to_ascii_lowercase();
        let path = paths.entry(format!("{BASE}{}", operation.path)).or_insert_with(|| json!({}));
        path[method] = told(operation, &mut schemas);
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Vestibule",
            "version": "1",
            "summary": "The REST API of an identity-aware reverse proxy",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The sign-in host." }],
        "security": [{ "token": [] }],
        "tags": tags.into_iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": {
                "Problem": {
                    "description": "It was refused, and nothing was done.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "schemas": schemas.take_definitions(true),
        },
    })
}

fn told(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let mut told = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": parameters(operation, schemas),
        "responses": responses(operation, schemas),
    });
    if let Some(details) = operation.details {
        told["description"] = json!(details);
    }
    if operation.rights == Rights::Public {
        told["security"] = json!([]);
    }
    if let Some(body) = operation.body {
        let schema = body(schemas);
        told["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    told
}

fn parameters(operation: &Operation, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for name in operation.path_parameters() {
        let schema = match name {
            "organization" | "idp" | "application" => schemas.subschema_for::<Slug>(),
            "reference" => schemas.subschema_for::<ReferenceText>(),
            _ => schemas.subschema_for::<Id>(),
        };
        all.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if let Some(query) = operation.query {
        let query = query(schemas).to_value();
        for (name, schema) in query["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({ "name": name, "in": "query", "schema": not_null(schema) });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            all.push(parameter);
        }
    }
    if operation.precondition != Precondition::None {
        all.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": false,
            "description": if operation.precondition == Precondition::Required { MUST } else { MAY },
            "schema": { "type": "string" },
        }));
    }
    if operation.makes {
        all.push(json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "`*` makes what is not there yet.",
            "schema": { "type": "string", "const": "*" },
        }));
    }
    all
}

/// A parameter that is absent is just that: a query has no null.
fn not_null(mut schema: Value) -> Value {
    if let Some(types) = schema["type"].as_array() {
        schema["type"] = types.iter().find(|name| **name != "null").cloned().unwrap_or_default();
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().find(|choice| choice["type"] != "null").cloned().unwrap_or_default();
    }
    if let Some(object) = schema.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    schema
}

fn responses(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let mut given = json!({ "description": operation.given.what });
    let schema = operation.given.schema.map(|schema| schema(schemas));
    if operation.changes_catalogue {
        let preview = schemas.subschema_for::<Preview>();
        let either = schema.iter().chain([&preview]).collect::<Vec<_>>();
        let content = json!({ "application/json": { "schema": { "anyOf": either } } });
        let what = if schema.is_some() { operation.given.what } else { "Nothing was done." };
        let what = format!("{what} With `preview`, what it would do.");
        responses.insert("200".to_owned(), json!({ "description": what, "content": content }));
    }
    if operation.makes {
        let content = json!({ "application/json": { "schema": schema } });
        responses.insert("201".to_owned(), json!({ "description": "It is new.", "content": content }));
    }
    if let Some(schema) = schema {
        given["content"] = json!({ "application/json": { "schema": schema } });
    }
    if operation.given.etag {
        given["headers"] = json!({ "ETag": { "description": "The state it is in.", "schema": { "type": "string" } } });
    }
    responses.entry(operation.given.status.to_string()).or_insert(given);
    if let Some(nothing) = operation.nothing {
        responses.insert("204".to_owned(), json!({ "description": nothing }));
    }
    for status in failures(operation) {
        responses.insert(status.to_string(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    Value::Object(responses)
}

/// How it can fail.
fn failures(operation: &Operation) -> BTreeSet<u16> {
    // A path that can be read in more than one way is nobody's.
    let mut failures = BTreeSet::from([400, 503]);
    if operation.rights != Rights::Public {
        failures.extend([401, 429]);
    }
    if operation.rights == Rights::Server || operation.changes_catalogue {
        failures.insert(403);
    }
    if operation.path.contains('{') {
        failures.insert(404);
    }
    if operation.body.is_some() {
        failures.extend([415, 422]);
    }
    if operation.query.is_some() || operation.method == Method::DELETE {
        failures.insert(422);
    }
    if operation.precondition != Precondition::None {
        failures.insert(412);
    }
    if operation.precondition == Precondition::Required {
        failures.insert(428);
    }
    if operation.changes_catalogue || operation.clashes {
        failures.insert(409);
    }
    failures
}

#[cfg(test)]
mod tests;
