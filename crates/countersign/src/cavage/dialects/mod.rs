//! The dialects of real deployments, each a row of data.

mod cybersource;
mod drafts;
mod fediverse;
mod flask_cavage;
mod gateways;
mod joyent;
mod libraries;
mod oracle_cloud;
mod payments;
mod standard;

use self::standard::STANDARD;
use super::dialect::{
    Absent, DateLine, DefaultList, Dialect, DigestForm, Due, Frame, Param, SecretText, TargetForm, TargetLine,
    TargetText, Wire,
};

impl Dialect {
    /// What nearly every deployment reads; [`Cavage::new`](crate::Cavage::new).
    pub const STANDARD: &'static Self = &STANDARD;
    /// Draft 12 to the letter; [`Cavage::draft12`](crate::Cavage::draft12).
    pub const DRAFT_12: &'static Self = &drafts::DRAFT_12;

    /// Every dialect.
    pub const ALL: &'static [&'static Self] = &[
        &STANDARD,
        &drafts::DRAFT_12,
        &drafts::DRAFT_02,
        &drafts::DRAFT_01,
        &drafts::DRAFT_00,
        &flask_cavage::FLASK_CAVAGE,
        &fediverse::FEDIVERSE,
        &fediverse::GO_FED,
        &fediverse::FEDIFY,
        &fediverse::MISSKEY,
        &fediverse::BOVINE,
        &oracle_cloud::ORACLE_CLOUD,
        &cybersource::CYBERSOURCE,
        &gateways::KONG,
        &gateways::APISIX,
        &gateways::TYK,
        &gateways::GRAVITEE,
        &payments::SATISPAY,
        &payments::BERLIN_GROUP,
        &payments::RABOBANK,
        &joyent::TRITON,
        &libraries::GIN,
        &libraries::DRF_HTTPSIG,
        &libraries::DIGITAL_BAZAAR,
        &libraries::MICHALC,
        &libraries::REQUESTS_HTTP_SIGNATURE,
        &libraries::TOMITRIBE,
        &libraries::NORMALIZATION,
        &libraries::HAMNIS,
    ];
}
