//! One operation of the API: where it is, what it takes and gives, and who answers it.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::edit::ChangeQuery;
use super::{Api, BASE};

/// Which tokens an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// None is needed.
    Public,
    /// Every token.
    Any,
    /// Tokens that open the whole server.
    Server,
    /// Tokens that open the organization in the path, and those that open the whole server.
    Organization,
}

/// Whether the thing changed must be the one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Nothing is compared.
    None,
    /// `If-Match` counts if it is sent.
    Optional,
    /// `If-Match` must be sent.
    Required,
}

/// Makes the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What an operation gives when it goes well.
pub(super) struct Given {
    pub(super) status: u16,
    pub(super) what: &'static str,
    pub(super) schema: Option<SchemaOf>,
    /// Whether it says which state of the thing it is.
    pub(super) etag: bool,
}

/// One operation.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) details: Option<&'static str>,
    pub(super) rights: Rights,
    pub(super) query: Option<SchemaOf>,
    pub(super) body: Option<SchemaOf>,
    pub(super) precondition: Precondition,
    /// Whether it changes what the configuration file may declare, and can be looked at before.
    pub(super) changes_catalogue: bool,
    /// Whether it makes what is not there yet.
    pub(super) makes: bool,
    /// Whether what it writes down may be another's already.
    pub(super) clashes: bool,
    pub(super) given: Given,
    /// When it goes well and there is nothing to give, that.
    pub(super) nothing: Option<&'static str>,
    route: MethodRouter<Arc<Api>>,
}

impl Operation {
    /// An operation answered by `handler`.
    pub(super) fn new<H, T>(method: Method, path: &'static str, id: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<Api>>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let rights =
            if path.starts_with("/organizations/{organization}") { Rights::Organization } else { Rights::Server };
        Self {
            method,
            path,
            id,
            tag: "",
            summary: "",
            details: None,
            rights,
            query: None,
            body: None,
            precondition: Precondition::None,
            changes_catalogue: false,
            makes: false,
            clashes: false,
            given: Given { status: 204, what: "Done.", schema: None, etag: false },
            nothing: None,
            route: on(filter, handler),
        }
    }

    pub(super) fn summary(mut self, tag: &'static str, summary: &'static str) -> Self {
        (self.tag, self.summary) = (tag, summary);
        self
    }

    pub(super) fn details(mut self, details: &'static str) -> Self {
        self.details = Some(details);
        self
    }

    pub(super) fn rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }

    /// Takes these parameters in its query.
    pub(super) fn asks<T: JsonSchema>(mut self) -> Self {
        // Its fields are told one by one, not as a schema of their own.
        self.query = Some(T::json_schema);
        self
    }

    /// Takes this body.
    pub(super) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    pub(super) fn precondition(mut self, precondition: Precondition) -> Self {
        self.precondition = precondition;
        self
    }

    /// Changes the catalogue, on the terms of [`ChangeQuery`].
    pub(super) fn changes_catalogue(mut self) -> Self {
        self.changes_catalogue = true;
        self.precondition(Precondition::Required).asks::<ChangeQuery>()
    }

    /// Makes what is not there yet, if the request says that it is new.
    pub(super) fn makes(mut self) -> Self {
        self.makes = true;
        self
    }

    /// Writes down what only one may have.
    pub(super) fn clashes(mut self) -> Self {
        self.clashes = true;
        self
    }

    /// Gives this with that status.
    pub(super) fn gives<T: JsonSchema>(mut self, status: u16, what: &'static str) -> Self {
        self.given = Given { status, what, schema: Some(SchemaGenerator::subschema_for::<T>), etag: false };
        self
    }

    /// The same, with the state it is in.
    pub(super) fn gives_one<T: JsonSchema>(self, status: u16, what: &'static str) -> Self {
        let mut operation = self.gives::<T>(status, what);
        operation.given.etag = true;
        operation
    }

    /// May have nothing to give.
    pub(super) fn or_nothing(mut self, what: &'static str) -> Self {
        self.nothing = Some(what);
        self
    }

    /// The parameters in its path, in order.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// For the router: the path and what answers there.
    pub(super) fn into_route(self) -> (String, MethodRouter<Arc<Api>>) {
        (format!("{BASE}{}", self.path), self.route)
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        /// An operation of that method, answered by `handler`.
        pub(super) fn $name<H, T>(path: &'static str, id: &'static str, handler: H) -> Operation
        where
            H: Handler<T, Arc<Api>>,
            T: 'static,
        {
            Operation::new(Method::$method, path, id, handler)
        }
    )*};
}
methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);
