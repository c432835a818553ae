//! Webhooks: the presets and the published and derived vectors.

mod presets;
mod vectors;
